//! The texts of the page, in both languages, one row each.

use crate::view::look::Lang;
use crate::view::words::words;

words! {
    pub(super),
    /// Title.
    title: "Who uses the proxy" / "Ai đang dùng proxy";
    /// Below the title.
    between: "{first} to {last}, {zone}" / "{first} đến {last}, {zone}";
    /// Footer.
    made: "Made {at} by mtp-report {version}. The page asks for nothing from the network."
        / "Tạo lúc {at} bởi mtp-report {version}. Trang này không tải gì từ mạng.";
    /// Link for the keyboard.
    skip: "Skip to the users" / "Đến danh sách người dùng";
    /// Heading.
    overview: "In short" / "Tóm tắt";
    /// Sentence.
    none_shared: "Of {users} users none looks shared."
        / "Trong {users} người dùng, không ai có vẻ chia sẻ tài khoản.";
    /// Sentence.
    one_shared: "Of {users} users one looks shared:"
        / "Trong {users} người dùng, một tài khoản có vẻ bị chia sẻ:";
    /// Sentence.
    some_shared: "Of {users} users {n} look shared:"
        / "Trong {users} người dùng, {n} tài khoản có vẻ bị chia sẻ:";
    /// After a list of users.
    and_others: "and {n} others" / "và {n} tài khoản khác";
    /// Sentence.
    one_watched: "One more is worth watching." / "Thêm một tài khoản nên theo dõi.";
    /// Sentence.
    watched: "{n} more are worth watching." / "Thêm {n} tài khoản nên theo dõi.";
    /// Sentence.
    untold: "Of {n} too little was seen to tell."
        / "Với {n} người dùng, chưa đủ dữ liệu để kết luận.";
    /// Sentence.
    no_scores: "No scores were read, so nothing is said of who shares: mtp-score makes them from \
        the same events."
        / "Không có điểm nào được đọc nên chưa thể nói ai chia sẻ: mtp-score tính điểm từ chính \
          các sự kiện này.";
    /// Sentence.
    no_events: "Only scores were read. With the events beside them, each user has its sources over \
        time."
        / "Chỉ đọc được điểm. Nếu có thêm các sự kiện, trang sẽ vẽ các nguồn của từng người theo \
          thời gian.";
    /// Sentence.
    nothing: "Nothing was read." / "Không đọc được gì.";
    /// Sentence.
    all_understood: "Every line of the logs was understood." / "Mọi dòng log đều được hiểu.";
    /// Sentence.
    not_understood: "{n} of {all} lines of the logs ({share}) were not recognised: what they said \
        is missing here."
        / "{n} trong {all} dòng log ({share}) không nhận ra được: nội dung của chúng không có ở \
          đây.";
    /// Tile.
    connections: "Connections" / "Kết nối";
    /// Tile.
    open_now: "Open at last sample" / "Đang mở (mẫu cuối)";
    /// Heading.
    by_hour: "Connections an hour" / "Số kết nối mỗi giờ";
    /// Text alternative.
    by_hour_text: "{n} connections from {first} to {last}; at most {most} in {unit}, at {peak}."
        / "{n} kết nối từ {first} đến {last}; nhiều nhất {most} trong {unit}, lúc {peak}.";
    /// Unit of a bar.
    an_hour: "an hour" / "một giờ";
    /// Unit of a bar.
    n_hours: "{n} hours" / "{n} giờ";
    /// Beside a chart.
    most: "at most {n}" / "cao nhất {n}";
    /// Heading.
    sockets: "Open connections over time" / "Kết nối đang mở theo thời gian";
    /// Text alternative.
    sockets_text: "Port {port}: {n} samples from {first} to {last}; at most {most} connections, at \
        {peak}; {now} at the last."
        / "Cổng {port}: {n} mẫu từ {first} đến {last}; nhiều nhất {most} kết nối, lúc {peak}; \
          {now} ở mẫu cuối.";
    /// Legend.
    sockets_total: "connections" / "kết nối";
    /// Legend.
    sockets_addresses: "addresses" / "địa chỉ";
    /// Table caption.
    sockets_last: "Last sample, port {port}: connections by address"
        / "Mẫu cuối, cổng {port}: kết nối theo địa chỉ";
    /// Column.
    address: "Address" / "Địa chỉ";
    /// Heading.
    alerts: "Latest alerts" / "Cảnh báo gần đây";
    /// Opens the rest of the alerts.
    earlier: "Earlier ones" / "Các cảnh báo trước đó";
    /// Alerts that are not shown.
    older_alerts: "{n} older ones are not shown." / "{n} cảnh báo cũ hơn không hiển thị.";
    /// Heading.
    users: "Users" / "Người dùng";
    /// Table caption.
    users_caption: "Users by verdict, estimated people and score"
        / "Người dùng theo kết luận, số người ước tính và điểm";
    /// Column.
    user: "User" / "Người dùng";
    /// Column.
    verdict: "Verdict" / "Kết luận";
    /// Column.
    people: "AccountActivity" / "Số người";
    /// Column.
    score: "Score" / "Điểm";
    /// Column.
    connects: "Connections" / "Kết nối";
    /// Column.
    addresses: "Addresses" / "Địa chỉ";
    /// Column.
    first: "First seen" / "Thấy lần đầu";
    /// Column.
    last: "Last seen" / "Thấy lần cuối";
    /// Filter.
    find: "Find a user" / "Tìm người dùng";
    /// Filter.
    show: "Show" / "Hiển thị";
    /// Filter result.
    shown: "{n} of {all} shown" / "Hiển thị {n} trong {all}";
    /// Opens the rest of the table.
    more_users: "{n} more users" / "Thêm {n} người dùng";
    /// Below the table.
    users_beyond: "{n} more users, the least suspicious, are not listed."
        / "{n} người dùng ít đáng ngờ nhất không được liệt kê.";
    /// Heading.
    stories: "One by one" / "Từng người";
    /// Below the stories.
    stories_beyond: "Pictures are of the {n} users at the top of the list; --top draws more."
        / "Chỉ vẽ {n} người đứng đầu danh sách; --top vẽ nhiều hơn.";
    /// In a story.
    score_made: "{n} of 100: addresses {a} + simultaneous {s} + frequency {f}"
        / "{n} trên 100: địa chỉ {a} + đồng thời {s} + tần suất {f}";
    /// After it, where the sum is over 100.
    score_capped: ", which is more than 100" / ", vượt quá 100";
    /// Term.
    traffic: "Traffic" / "Lưu lượng";
    /// Value.
    traffic_value: "{up} up, {down} down" / "lên {up}, xuống {down}";
    /// Term.
    rejects: "Turned away" / "Bị từ chối";
    /// Term.
    mean_interval: "Between connections" / "Giữa hai kết nối";
    /// Heading of a chart.
    lanes: "Sources over time" / "Các nguồn theo thời gian";
    /// Heading of a chart.
    lanes_day: "A closer look: {day}" / "Nhìn gần hơn: {day}";
    /// Text alternative.
    lanes_text: "{sources} sources from {first} to {last}. Two in use at once for {two}, three or \
        more for {three}."
        / "{sources} nguồn từ {first} đến {last}. Hai nguồn dùng cùng lúc trong {two}, ba trở lên \
          trong {three}.";
    /// Text alternative, a source.
    lane_text: "{source}: {n} connections, in use for {span}."
        / "{source}: {n} kết nối, được dùng {span}.";
    /// Legend.
    in_use: "in use" / "được dùng";
    /// Legend.
    two_at_once: "two at once" / "hai nguồn cùng lúc";
    /// Legend.
    three_at_once: "three or more at once" / "ba nguồn trở lên cùng lúc";
    /// A lane of several.
    other_sources: "{n} other sources" / "{n} nguồn khác";
    /// A note.
    by_network: "Shown by network: there are too many addresses to draw each."
        / "Vẽ theo mạng: có quá nhiều địa chỉ để vẽ từng cái.";
    /// Table caption.
    sources_caption: "Where {user} connected from" / "{user} kết nối từ đâu";
    /// Column.
    source: "Source" / "Nguồn";
    /// Column.
    live: "In use" / "Được dùng";
    /// Heading.
    reading: "What was read" / "Những gì đã đọc";
    /// Table caption.
    reading_caption: "Lines and rows, and what became of them" / "Các dòng và kết quả";
    /// Column.
    what: "What" / "Mục";
    /// Column.
    how_many: "How many" / "Số lượng";
    /// Row.
    lines_read: "Lines of logs" / "Dòng log";
    /// Row.
    lines_understood: "understood" / "được hiểu";
    /// Row.
    lines_passed: "passed over as chatter" / "bỏ qua vì không liên quan";
    /// Row.
    lines_unknown: "not recognised" / "không nhận ra";
    /// Row.
    lines_cut: "cut for their length" / "bị cắt vì quá dài";
    /// Row.
    rows_events: "Events" / "Sự kiện";
    /// Row.
    rows_summaries: "Summaries" / "Bản tóm tắt";
    /// Row.
    rows_alerts: "Alerts" / "Cảnh báo";
    /// Row.
    rows_samples: "Samples" / "Mẫu";
    /// Row.
    rows_foreign: "Lines that are no rows" / "Dòng không phải dữ liệu hợp lệ";
    /// Row.
    rows_dropped: "Rows of users beyond what is remembered"
        / "Dòng của người dùng vượt quá giới hạn ghi nhớ";
    /// Row.
    hours_dropped: "Connections before the last 31 days of hours"
        / "Kết nối trước 31 ngày gần nhất";
    /// Row.
    coarsened: "Times that near stretches were drawn as one"
        / "Số lần các khoảng gần nhau được vẽ gộp";
    /// Row, of a reason.
    turned_away: "Clients turned away: {reason}" / "Client bị từ chối: {reason}";
    /// How to read it.
    how_to_read: "A source is an IPv4 address or an IPv6 /64. It counts as in use at a moment when \
        it opened connections both before and after it, at most an hour apart: a dead socket \
        left behind by a phone that moved never does. An IPv4 and an IPv6 source at once count as \
        one, as a home has both. AccountActivity is how many people seem to use the \
        account at the same time; the score is that of the old rule, high for most phones."
        / "Một nguồn là một địa chỉ IPv4 hoặc một mạng IPv6 /64. Nguồn được coi là đang dùng tại \
          một thời điểm khi nó mở kết nối cả trước và sau thời điểm đó, cách nhau tối đa một \
          giờ: socket chết do điện thoại đổi mạng để lại không bao giờ được tính. Một nguồn \
          IPv4 và một nguồn IPv6 cùng lúc được tính là một, vì một nhà có cả hai. Số người là \
          ước tính bao nhiêu người dùng tài khoản cùng lúc; điểm là theo quy tắc cũ, thường cao \
          với hầu hết điện thoại.";
}

/// The words of a language.
pub(super) fn of(lang: Lang) -> &'static Words {
    match lang {
        Lang::En => &EN,
        Lang::Vi => &VI,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::words::say_the_same;

    #[test]
    fn both_languages_say_all_of_it() {
        for row @ (name, en, vi) in ROWS {
            say_the_same(row);
            assert_ne!(en, vi, "{name}");
        }
    }
}
