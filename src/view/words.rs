//! The texts for people, in both languages, one row each: a language that lacks one does not
//! compile.

use std::fmt::Display;

/// Makes the struct of words, its two languages and the list of all rows from one table.
macro_rules! words {
    ($vis:vis, $($(#[$doc:meta])* $name:ident: $en:literal / $vi:literal;)+) => {
        /// The words of one language; `{name}` in them is filled by [`fill`].
        #[derive(Debug)]
        $vis struct Words {
            $($(#[$doc])* $vis $name: &'static str,)+
        }
        /// English.
        $vis static EN: Words = Words { $($name: $en,)+ };
        /// Tiếng Việt.
        $vis static VI: Words = Words { $($name: $vi,)+ };
        /// Every row: its name, English, Vietnamese.
        #[cfg(test)]
        $vis const ROWS: &[(&str, &str, &str)] = &[$((stringify!($name), $en, $vi),)+];
    };
}
pub(crate) use words;

words! {
    pub,
    /// Above an analysis.
    analysis: "MTProxy Log Analysis - {at}" / "Phân tích log MTProxy - {at}";
    /// Above a sample.
    monitor: "MTProxy Monitor - {at}" / "Giám sát MTProxy - {at}";
    /// A user's first line.
    user: "User: {user}" / "Người dùng: {user}";
    /// Connections in the window.
    connections: "Total connections: {n}" / "Tổng số kết nối: {n}";
    /// Addresses in the window.
    addresses: "Unique IPs: {n}" / "Số IP khác nhau: {n}";
    /// The score.
    score: "Suspicious score: {n}/100" / "Điểm nghi ngờ: {n}/100";
    /// What the score is made of.
    points: "(addresses {a}, simultaneous {s}, frequency {f})"
        / "(địa chỉ {a}, đồng thời {s}, tần suất {f})";
    /// 0 to 10.
    low: "LOW RISK - Normal usage" / "RỦI RO THẤP - Sử dụng bình thường";
    /// 11 to 30.
    medium: "MEDIUM RISK - Needs watching" / "RỦI RO TRUNG BÌNH - Cần theo dõi";
    /// 31 and more.
    high: "HIGH RISK - Potential account sharing!" / "RỦI RO CAO - Có thể đang chia sẻ tài khoản!";
    /// The addresses.
    ips: "IPs used: {ips}" / "Các IP đã dùng: {ips}";
    /// After the addresses, where there are more.
    and_more: "and {n} more" / "và {n} IP khác";
    /// Pairs of connections.
    simultaneous: "Simultaneous connections from different IPs: {n}"
        / "Kết nối đồng thời từ các IP khác nhau: {n}";
    /// The estimate and the verdict.
    looks_like: "Looks like {people} ({n}): {verdict}" / "Có vẻ là {people} ({n}): {verdict}";
    /// No verdict.
    not_enough: "Not enough seen to tell: {verdict}" / "Chưa đủ dữ liệu để kết luận: {verdict}";
    /// First and last connection.
    seen: "Seen from {first} to {last}" / "Thấy từ {first} đến {last}";
    /// The mean time between connections.
    every: ", one connection every {span} on average" / ", trung bình {span} một kết nối";
    /// After a clear verdict with a high score.
    score_is_usual: "a score this high is usual for a phone"
        / "điểm cao như vậy là bình thường với điện thoại";
    /// One.
    one_person: "1 person" / "1 người";
    /// More.
    n_people: "{n} people" / "{n} người";
    /// One.
    one_network: "1 network" / "1 mạng";
    /// More.
    n_networks: "{n} networks" / "{n} mạng";
    /// Verdict.
    sharing: "sharing" / "chia sẻ";
    /// Verdict.
    watch: "watch" / "theo dõi";
    /// Verdict.
    clear: "clear" / "bình thường";
    /// Verdict.
    unknown: "unknown" / "chưa rõ";
    /// An alert, up to its facts.
    alert: "{user}: {verdict} (was {was}): {people}" / "{user}: {verdict} (trước: {was}): {people}";
    /// An alert without an estimate.
    alert_bare: "{user}: {verdict} (was {was})" / "{user}: {verdict} (trước: {was})";
    /// An alert of the old rule.
    risk_alert: "{user}: risk {risk} (was {was}), score {n}"
        / "{user}: rủi ro {risk} (trước: {was}), điểm {n}";
    /// Below an analysis.
    totals: "{users} users: {sharing} sharing, {watch} watch, {clear} clear, {unknown} unknown"
        / "{users} người: {sharing} chia sẻ, {watch} theo dõi, {clear} ổn, {unknown} chưa rõ";
    /// Below that.
    risks: "Risk: {high} high, {medium} medium, {low} low"
        / "Rủi ro: {high} cao, {medium} trung bình, {low} thấp";
    /// Where there were no users.
    no_users: "No connection with a user was seen."
        / "Không thấy kết nối nào có tên người dùng.";
    /// Where there were events, but no scores.
    unscored: "{n} connections of {users} users, and no scores: mtp-score makes them from events."
        / "{n} kết nối của {users} người dùng, chưa có điểm: mtp-score tính điểm từ các sự kiện.";
    /// In a sample.
    active: "Total active connections: {n}" / "Tổng số kết nối đang hoạt động: {n}";
    /// In a sample.
    unique_users: "Unique users (IPs): {n}" / "Số người dùng (theo IP): {n}";
    /// Above the addresses.
    by_ip: "Connections by IP:" / "Kết nối theo IP:";
    /// An address.
    ip_connections: "{ip}: {n} connection(s)" / "{ip}: {n} kết nối";
    /// Round trip.
    rtt: "rtt {ms} ms" / "rtt {ms} ms";
    /// Bytes to the client.
    down: "{size} down" / "tải xuống {size}";
    /// Bytes from the client.
    up: "{size} up" / "tải lên {size}";
    /// Since the last data.
    last_data: "last data {span} ago" / "dữ liệu cuối cách đây {span}";
    /// In a sample, of a port that is not the usual one.
    port: "port {n}" / "cổng {n}";
    /// A connection's age.
    age: "{span} old" / "đã mở {span}";
    /// A connection that was not there before.
    opened: "opened" / "mở";
    /// A connection that is no longer there.
    closed: "closed" / "đóng";
    /// An empty sample.
    nobody: "No connections." / "Không có kết nối.";
    /// Addresses below `--top`.
    more_addresses: "and {n} more addresses" / "và {n} địa chỉ khác";
    /// Above the suspicions of a sample.
    suspicious: "Suspicious activity:" / "Hoạt động đáng ngờ:";
    /// A suspicion.
    multiple_connections: "{ip}: {n} connections at once" / "{ip}: {n} kết nối cùng lúc";
    /// A suspicion.
    frequent_connections: "{ip}: seen in {n} different minutes"
        / "{ip}: xuất hiện trong {n} phút khác nhau";
    /// Mark.
    warn_mark: "warn" / "chú ý";
    /// Mark.
    ok_mark: "ok  " / "tốt  ";
    /// Short for seconds.
    second_short: "s" / "giây";
    /// Short for minutes.
    minute_short: "min" / "phút";
    /// Short for hours.
    hour_short: "h" / "giờ";
    /// Short for days.
    day_short: "d" / "ngày";
    /// Evidence.
    overlap: "{sources} in use at once for {span}" / "{sources} dùng cùng lúc trong {span}";
    /// Evidence: two sources.
    both: "{one} and {other}" / "{one} và {other}";
    /// Evidence.
    returns: "to and fro between {sources} {n} times" / "qua lại giữa {sources} {n} lần";
    /// Evidence.
    crowd: "{networks} within {span}" / "{networks} trong {span}";
    /// Evidence.
    places: "{sources} come back to for days" / "{sources} được quay lại trong nhiều ngày";
    /// Evidence.
    second_device: "{sources} taken for a second device, {span} together with others"
        / "{sources} được coi là thiết bị thứ hai, {span} cùng lúc với mạng khác";
    /// Evidence.
    in_turn: "{networks} in turn, never two in use at once"
        / "{networks} luân phiên, không bao giờ hai mạng cùng lúc";
    /// Evidence.
    with: "with {flag} it would be {verdict}" / "với {flag} sẽ là {verdict}";
}

/// Puts values where a text has `{name}`.
pub fn fill(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, tail) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            out.push_str(&value.to_string());
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// Fails where a row lacks a text, or one of its texts a place that the other has.
#[cfg(test)]
pub(crate) fn say_the_same((name, en, vi): &(&str, &str, &str)) {
    fn places(text: &str) -> Vec<&str> {
        let mut found: Vec<_> =
            text.split('{').skip(1).filter_map(|part| part.split('}').next()).collect();
        found.sort_unstable();
        found
    }
    assert!(!en.is_empty() && !vi.is_empty(), "{name}");
    assert_eq!(places(en), places(vi), "{name}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_all_of_it() {
        for row in ROWS {
            say_the_same(row);
        }
    }

    #[test]
    fn places_are_filled() {
        assert_eq!(fill("a {x} b {y}", &[("x", &1), ("y", &"{z}")]), "a 1 b {z}");
    }
}
