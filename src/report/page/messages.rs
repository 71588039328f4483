//! The texts of the page, one row each with a column per language.

use crate::view::messages::messages;

messages! {
    pub(super),
    title: "MTProto proxy report" / "Báo cáo proxy MTProto" / "Отчёт о прокси MTProto";
    between: "{first} to {last}, {zone}" / "{first} đến {last}, {zone}"
        / "{first} – {last}, {zone}";
    made: "Made {at} by mtp-report {version}. The page loads nothing from the network."
        / "Tạo lúc {at} bởi mtp-report {version}. Trang này không tải gì từ mạng."
        / "Создано {at}, mtp-report {version}. Страница ничего не загружает из сети.";
    skip: "Skip to the users" / "Đến danh sách người dùng" / "К списку пользователей";
    overview: "Overview" / "Tổng quan" / "Обзор";
    // Sentences of the overview.
    none_shared: "None of {users} {users:user/users} looks shared."
        / "Không tài khoản nào trong {users} tài khoản có vẻ bị dùng chung."
        / "Ни один из {users} {users:аккаунта/аккаунтов/аккаунтов} не похож на общий.";
    some_shared: "{n} of {users} {users:user/users} {n:looks/look} shared."
        / "{n} trong {users} tài khoản có vẻ bị dùng chung."
        / "{n} из {users} {users:аккаунта/аккаунтов/аккаунтов} {n:похож/похожи/похожи} на общие.";
    and_others: "and {n} more in the table" / "và {n} tài khoản khác trong bảng"
        / "и ещё {n} в таблице";
    watched: "{n} more {n:is/are} worth watching."
        / "Thêm {n} tài khoản nên theo dõi."
        / "Стоит понаблюдать ещё за {n}.";
    undecided: "For {n} there is not enough data."
        / "Chưa đủ dữ liệu về {n} tài khoản."
        / "По {n} {n:аккаунту/аккаунтам/аккаунтам} данных недостаточно.";
    no_scores: "No scores were read: mtp-score makes them from the same events."
        / "Chưa có điểm: mtp-score tính điểm từ chính các sự kiện này."
        / "Оценок нет: их считает mtp-score по тем же событиям.";
    no_events: "Only scores were read. mtp-score --events passes the events on, and each user has a \
        timeline."
        / "Chỉ có điểm. mtp-score --events chuyển tiếp các sự kiện, khi đó mỗi người dùng có dòng \
          thời gian."
        / "Прочитаны только оценки. mtp-score --events передаёт и события, тогда у каждого \
          пользователя будет шкала времени.";
    nothing: "Nothing was read. The input is the rows of mtp-parse, mtp-score or mtp-conns."
        / "Không có dữ liệu. Đầu vào là các dòng của mtp-parse, mtp-score hoặc mtp-conns."
        / "Ничего не прочитано. На вход нужны строки mtp-parse, mtp-score или mtp-conns.";
    no_connections: "No connection of a user was read."
        / "Không có kết nối nào của người dùng."
        / "Подключений пользователей не прочитано.";
    all_understood: "Every line of the logs was recognised." / "Mọi dòng log đều được nhận ra."
        / "Все строки логов распознаны.";
    not_understood: "{n} of {all} log lines ({share}) were not recognised and are missing here."
        / "{n} trong {all} dòng log ({share}) không nhận ra được và không có ở đây."
        / "Не распознано строк логов: {n} из {all} ({share}), здесь их нет.";
    // What to do.
    advice_heading: "What to do" / "Nên làm gì" / "Что делать";
    advice: "Open the user's details and compare the networks with what you know. A new secret \
        (mtp-users rotate NAME) ends sharing; mtp-users limit NAME --max-conns N makes it harder."
        / "Mở chi tiết của người dùng và so các mạng với những gì bạn biết. Secret mới (mtp-users \
          rotate NAME) chấm dứt việc chia sẻ; mtp-users limit NAME --max-conns N hạn chế việc đó."
        / "Откройте подробности и сравните сети с тем, что знаете. Новый секрет (mtp-users rotate \
          NAME) прекращает общий доступ, mtp-users limit NAME --max-conns N затрудняет его.";
    verdicts_heading: "What the verdicts mean" / "Ý nghĩa của kết luận" / "Что значат выводы";
    sharing_means: "several people use the account at the same time"
        / "nhiều người dùng tài khoản cùng lúc" / "аккаунтом одновременно пользуются несколько человек";
    watch_means: "possibly several people, not yet proven"
        / "có thể nhiều người, chưa chắc chắn" / "возможно, несколько человек, но не доказано";
    clear_means: "one person, as far as the log shows"
        / "một người, theo những gì log cho thấy" / "один человек, насколько видно из лога";
    unknown_means: "less than an hour of use, or client addresses are not visible"
        / "dùng chưa đến một giờ, hoặc không thấy địa chỉ client"
        / "меньше часа использования или адреса клиентов не видны";
    people_at_once: "{n} {n:person/people} at once" / "{n} người cùng lúc"
        / "{n} {n:человек/человека/человек} одновременно";
    since: "since {at}" / "từ {at}" / "с {at}";
    // Tiles and charts.
    connections: "Connections" / "Kết nối" / "Подключения";
    open_now: "Open at the last sample" / "Đang mở (mẫu cuối)" / "Открыто в последнем замере";
    by_hour: "Connections per hour" / "Số kết nối mỗi giờ" / "Подключения по часам";
    by_hour_text: "{n} {n:connection/connections} from {first} to {last}; at most {most} per \
        {unit}, at {peak}."
        / "{n} kết nối từ {first} đến {last}; nhiều nhất {most} mỗi {unit}, lúc {peak}."
        / "Подключений: {n} с {first} по {last}; максимум {most} за {unit}, {peak}.";
    an_hour: "hour" / "giờ" / "час";
    n_hours: "{n} hours" / "{n} giờ" / "{n} ч";
    most: "peak {n} per {unit}" / "cao nhất {n} mỗi {unit}" / "максимум {n} за {unit}";
    most_open: "peak {n}" / "cao nhất {n}" / "максимум {n}";
    sockets: "Open connections over time" / "Kết nối đang mở theo thời gian"
        / "Открытые подключения";
    sockets_text: "Port {port}: {n} samples from {first} to {last}; at most {most} connections, at \
        {peak}; {now} at the last."
        / "Cổng {port}: {n} mẫu từ {first} đến {last}; nhiều nhất {most} kết nối, lúc {peak}; \
          {now} ở mẫu cuối."
        / "Порт {port}: замеров {n} с {first} по {last}; максимум {most} подключений, {peak}; в \
          последнем {now}.";
    sockets_total: "connections" / "kết nối" / "подключения";
    sockets_addresses: "addresses" / "địa chỉ" / "адреса";
    sockets_last: "Last sample, port {port}: connections by address"
        / "Mẫu cuối, cổng {port}: kết nối theo địa chỉ"
        / "Последний замер, порт {port}: подключения по адресам";
    address: "Address" / "Địa chỉ" / "Адрес";
    alerts: "Latest alerts" / "Cảnh báo gần đây" / "Последние предупреждения";
    other_alerts: "Other alerts" / "Các cảnh báo khác" / "Остальные предупреждения";
    older_alerts: "{n} older {n:one is/ones are} not shown."
        / "{n} cảnh báo cũ hơn không hiển thị."
        / "Не показано более старых: {n}.";
    // The table of users.
    users: "Users" / "Người dùng" / "Пользователи";
    users_caption: "Users, worst first; counts of {period}"
        / "Người dùng, đáng ngờ nhất trước; số liệu trong {period}"
        / "Пользователи, худшие сверху; счёт за {period}";
    traffic: "Traffic" / "Lưu lượng" / "Трафик";
    addresses: "Addresses" / "Địa chỉ" / "Адреса";
    first: "First seen" / "Thấy lần đầu" / "Впервые";
    last: "Last seen" / "Thấy lần cuối" / "Последний раз";
    find: "Find a user" / "Tìm người dùng" / "Найти пользователя";
    show: "Show" / "Hiển thị" / "Показать";
    shown: "{n} of {all} shown" / "Hiển thị {n} trong {all}" / "Показано {n} из {all}";
    no_match: "No user matches." / "Không có người dùng phù hợp." / "Ничего не найдено.";
    more_users: "{n} more users" / "Thêm {n} người dùng" / "Ещё пользователей: {n}";
    users_beyond: "{n} more {n:user, the least suspicious, is/users, the least suspicious, are} \
        not listed."
        / "{n} người dùng ít đáng ngờ nhất không được liệt kê."
        / "Наименее подозрительные вне списка: {n}.";
    // Statistics of a proxy without addresses.
    usage_caption: "This proxy logs users without addresses: sharing cannot be seen"
        / "Proxy này ghi người dùng nhưng không ghi địa chỉ: không thể biết ai chia sẻ"
        / "Прокси пишет пользователей без адресов: общий доступ не виден";
    usage_open: "Open now" / "Đang mở" / "Открыто";
    // The calendar.
    period: "Period" / "Kỳ" / "Период";
    active_users: "Users" / "Người dùng" / "Пользователей";
    refused_why: "Reasons" / "Lý do" / "Причины";
    calendar_beyond: "{n} older rows are not listed." / "{n} dòng cũ hơn không được liệt kê."
        / "Более старых строк вне списка: {n}.";
    // A user's details.
    details: "User details" / "Chi tiết người dùng" / "Подробности";
    details_beyond: "Details of the {n} users at the top of the list; --top shows more."
        / "Chi tiết của {n} người đứng đầu danh sách; --top hiển thị nhiều hơn."
        / "Подробности о первых {n} в списке; больше даёт --top.";
    score: "Activity score" / "Điểm hoạt động" / "Оценка активности";
    score_made: "{n} of 100: addresses {a} + simultaneous {s} + frequency {f}"
        / "{n} trên 100: địa chỉ {a} + đồng thời {s} + tần suất {f}"
        / "{n} из 100: адреса {a} + одновременность {s} + частота {f}";
    score_capped: ", limited to 100" / ", giới hạn ở 100" / ", не больше 100";
    traffic_value: "{up} up, {down} down" / "lên {up}, xuống {down}"
        / "от клиента {up}, к клиенту {down}";
    rejects: "Refused" / "Bị từ chối" / "Отказов";
    mean_interval: "Between connections" / "Giữa hai kết nối" / "Между подключениями";
    timeline: "Networks in use over time" / "Các mạng được dùng theo thời gian"
        / "Сети по времени";
    timeline_day: "{day} in detail" / "Chi tiết {day}" / "{day} подробно";
    timeline_text: "{sources} {sources:network/networks} from {first} to {last}. Two in use at \
        once for {two}, three or more for {three}."
        / "{sources} mạng từ {first} đến {last}. Hai mạng cùng lúc trong {two}, ba trở lên trong \
          {three}."
        / "{sources} {sources:сеть/сети/сетей} с {first} по {last}. Две сразу: {two}, три и \
          больше: {three}.";
    source_text: "{source}: in use for {span}." / "{source}: được dùng {span}."
        / "{source}: в работе {span}.";
    in_use: "in use" / "được dùng" / "в работе";
    two_at_once: "two at once" / "hai mạng cùng lúc" / "две сразу";
    three_at_once: "three or more at once" / "ba mạng trở lên cùng lúc" / "три и больше сразу";
    other_sources: "{n} other {n:network/networks}"
        / "{n} mạng khác"
        / "ещё {n} {n:сеть/сети/сетей}";
    and_networks: "{network} and {n} more" / "{network} và {n} mạng nữa" / "{network} и ещё {n}";
    sources_caption: "Networks of {user}; those that one device mixes count as one"
        / "Các mạng của {user}; các mạng của một thiết bị được tính là một"
        / "Сети {user}; сети одного устройства считаются одной";
    source: "Network" / "Mạng" / "Сеть";
    live: "In use" / "Được dùng" / "В работе";
    // What was read.
    reading: "What was read" / "Những gì đã đọc" / "Что прочитано";
    reading_caption: "Lines and rows by what became of them" / "Các dòng và kết quả"
        / "Строки и что с ними стало";
    what: "What" / "Mục" / "Что";
    how_many: "Count" / "Số lượng" / "Сколько";
    lines_read: "Log lines" / "Dòng log" / "Строк логов";
    lines_understood: "understood" / "được hiểu" / "понято";
    lines_passed: "not about connections" / "không liên quan đến kết nối" / "не о подключениях";
    lines_unknown: "not recognised" / "không nhận ra" / "не распознано";
    lines_cut: "cut at 1 MiB" / "bị cắt ở 1 MiB" / "обрезано до 1 МиБ";
    rows_events: "Events" / "Sự kiện" / "События";
    rows_summaries: "Summaries" / "Bản tóm tắt" / "Сводки";
    rows_alerts: "Alerts" / "Cảnh báo" / "Предупреждения";
    rows_samples: "Samples" / "Mẫu" / "Замеры";
    rows_foreign: "Lines that are not rows" / "Dòng không phải dữ liệu hợp lệ"
        / "Строки не в формате mtp";
    rows_dropped: "Rows beyond the limits of this report" / "Dòng vượt quá giới hạn của báo cáo"
        / "Строки сверх пределов отчёта";
    hours_dropped: "Connections before the last 31 days" / "Kết nối trước 31 ngày gần nhất"
        / "Подключения раньше последних 31 дней";
    times_dropped: "Rows with a time before 1970 or after 2106"
        / "Dòng có thời gian trước 1970 hoặc sau 2106" / "Строки со временем до 1970 или после 2106";
    refused: "Refused clients: {reason}" / "Client bị từ chối: {reason}"
        / "Отказано клиентам: {reason}";
    how_to_read: "A network is an IPv4 address or an IPv6 /64; addresses that one device mixes count \
        as one. A network counts as in use between two of its own connections, at most an hour \
        apart; a dead socket that a phone left behind does not count. The verdict looks at the last \
        three days. The activity score is the rule of the old scripts: 100 is usual for a phone \
        that moves."
        / "Một mạng là một địa chỉ IPv4 hoặc một IPv6 /64; các địa chỉ mà một thiết bị dùng xen kẽ \
          được tính là một. Mạng được coi là đang dùng giữa hai kết nối của chính nó, cách nhau tối \
          đa một giờ; socket chết do điện thoại để lại không được tính. Kết luận dựa trên ba ngày \
          gần nhất. Điểm hoạt động theo quy tắc của script cũ: 100 là bình thường với điện thoại \
          hay di chuyển."
        / "Сеть — это адрес IPv4 или IPv6 /64; адреса, которые чередует одно устройство, считаются \
          одной сетью. Сеть в работе между двумя своими подключениями, если между ними не больше \
          часа; брошенный телефоном сокет не считается. Вывод делается по последним трём дням. \
          Оценка активности — правило старых скриптов: 100 обычно для телефона в движении.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::messages::check_row;

    #[test]
    fn every_language_has_every_place() {
        for row @ (name, texts) in ROWS {
            check_row(row);
            assert!(texts[0] != texts[1] && texts[0] != texts[2], "{name}");
        }
    }
}
