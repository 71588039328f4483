//! The texts for people, one row each with a column per language: a language that lacks a text
//! does not compile.

use std::fmt::Display;

/// Makes a struct of texts, one static of it per language, and the list of all rows.
macro_rules! messages {
    ($vis:vis, $($name:ident: $en:literal / $vi:literal / $ru:literal;)+) => {
        /// The texts of one language; [`fill`](crate::view::messages::fill) replaces `{name}`.
        #[derive(Debug)]
        $vis struct Messages {
            $($vis $name: &'static str,)+
        }
        static EN: Messages = Messages { $($name: $en,)+ };
        static VI: Messages = Messages { $($name: $vi,)+ };
        static RU: Messages = Messages { $($name: $ru,)+ };

        impl Messages {
            $vis fn of(lang: $crate::view::style::Lang) -> &'static Self {
                match lang {
                    $crate::view::style::Lang::En => &EN,
                    $crate::view::style::Lang::Vi => &VI,
                    $crate::view::style::Lang::Ru => &RU,
                }
            }
        }

        #[cfg(test)]
        const ROWS: &[(&str, [&str; 3])] = &[$((stringify!($name), [$en, $vi, $ru]),)+];
    };
}
pub(crate) use messages;

messages! {
    pub,
    // Above an analysis.
    analysis: "MTProxy Log Analysis - {at}" / "Phân tích log MTProxy - {at}"
        / "Анализ логов MTProxy - {at}";
    // Totals of users; {period} is a span.
    totals: "{users} users: {sharing} sharing, {watch} watch, {clear} clear, {unknown} unknown"
        / "{users} người dùng: {sharing} chia sẻ, {watch} theo dõi, {clear} bình thường, \
           {unknown} chưa rõ"
        / "пользователей: {users}, общий доступ: {sharing}, под наблюдением: {watch}, \
           в норме: {clear}, неясно: {unknown}";
    risks: "Risk: {high} high, {medium} medium, {low} low"
        / "Rủi ro: {high} cao, {medium} trung bình, {low} thấp"
        / "Риск: высокий {high}, средний {medium}, низкий {low}";
    not_listed: "{n} more users are not listed." / "{n} người dùng khác không được liệt kê."
        / "Ещё пользователей вне списка: {n}.";
    no_users: "No connection with a user was seen." / "Không thấy kết nối nào có tên người dùng."
        / "Подключений с именем пользователя не найдено.";
    unscored: "{n} connections of {users} users, and no scores: mtp-score makes them from events."
        / "{n} kết nối của {users} người dùng, chưa có điểm: mtp-score tính điểm từ các sự kiện."
        / "Подключений: {n}, пользователей: {users}, оценок нет: их считает mtp-score по событиям.";
    // Statistics of a proxy that does not log addresses.
    usage_heading: "Statistics of the proxy, which does not log addresses: sharing cannot be seen"
        / "Thống kê của proxy không ghi địa chỉ: không thể biết ai chia sẻ"
        / "Статистика прокси без адресов: общий доступ по ней не виден";
    // Columns of the table.
    column_user: "USER" / "NGƯỜI DÙNG" / "ПОЛЬЗОВАТЕЛЬ";
    column_verdict: "VERDICT" / "KẾT LUẬN" / "ВЫВОД";
    column_people: "PEOPLE" / "SỐ NGƯỜI" / "ЛЮДЕЙ";
    column_networks: "NETWORKS" / "MẠNG" / "СЕТЕЙ";
    column_addresses: "IPS{period}" / "SỐ IP{period}" / "IP{period}";
    column_connections: "CONNS{period}" / "KẾT NỐI{period}" / "ПОДКЛ.{period}";
    column_open: "OPEN" / "ĐANG MỞ" / "ОТКРЫТО";
    column_traffic: "TRAFFIC{period}" / "LƯU LƯỢNG{period}" / "ТРАФИК{period}";
    column_last: "LAST SEEN" / "LẦN CUỐI" / "ПОСЛЕДНЕЕ";
    column_why: "WHY" / "LÝ DO" / "ПРИЧИНА";
    // The calendar.
    by_day: "By day" / "Theo ngày" / "По дням";
    by_week: "By week" / "Theo tuần" / "По неделям";
    by_month: "By month" / "Theo tháng" / "По месяцам";
    column_day: "DAY" / "NGÀY" / "ДЕНЬ";
    column_week: "WEEK" / "TUẦN" / "НЕДЕЛЯ";
    column_month: "MONTH" / "THÁNG" / "МЕСЯЦ";
    column_users: "USERS" / "NGƯỜI DÙNG" / "ПОЛЬЗ.";
    column_new: "NEW" / "MỚI" / "НОВЫХ";
    column_gone: "GONE" / "RỜI ĐI" / "УШЛО";
    column_refused: "REFUSED" / "TỪ CHỐI" / "ОТКАЗОВ";
    other_reasons: "other reasons" / "lý do khác" / "прочие причины";
    calendar_new_gone: "new: first seen in this period; gone: last seen in it"
        / "mới: thấy lần đầu trong kỳ này; rời đi: thấy lần cuối trong kỳ này"
        / "новые: впервые замечены в этот период; ушедшие: больше не появлялись после него";
    calendar_estimates: "~ estimated: addresses are counted exactly in the last 31 days only"
        / "~ ước tính: địa chỉ chỉ được đếm chính xác trong 31 ngày gần nhất"
        / "~ оценка: адреса считаются точно только за последние 31 день";
    calendar_empty: "No events with a time were read." / "Không có sự kiện nào có thời gian."
        / "Событий с временем не прочитано.";
    today: "today {time}" / "hôm nay {time}" / "сегодня {time}";
    yesterday: "yesterday {time}" / "hôm qua {time}" / "вчера {time}";
    // A user's block.
    user: "User: {user}" / "Người dùng: {user}" / "Пользователь: {user}";
    connections: "Total connections: {n}" / "Tổng số kết nối: {n}" / "Всего подключений: {n}";
    addresses: "Unique IPs: {n}" / "Số IP khác nhau: {n}" / "Разных IP: {n}";
    score: "Suspicious score: {n}/100" / "Điểm nghi ngờ: {n}/100" / "Оценка подозрительности: {n}/100";
    activity_score: "Activity score: {n}/100" / "Điểm hoạt động: {n}/100"
        / "Оценка активности: {n}/100";
    points: "(addresses {a}, simultaneous {s}, frequency {f})"
        / "(địa chỉ {a}, đồng thời {s}, tần suất {f})"
        / "(адреса {a}, одновременность {s}, частота {f})";
    score_is_usual: "usual for a phone that moves" / "bình thường với điện thoại hay di chuyển"
        / "обычно для телефона в движении";
    low: "LOW RISK - Normal usage" / "RỦI RO THẤP - Sử dụng bình thường"
        / "НИЗКИЙ РИСК - обычное использование";
    medium: "MEDIUM RISK - Needs watching" / "RỦI RO TRUNG BÌNH - Cần theo dõi"
        / "СРЕДНИЙ РИСК - стоит понаблюдать";
    high: "HIGH RISK - Potential account sharing!" / "RỦI RO CAO - Có thể đang chia sẻ tài khoản!"
        / "ВЫСОКИЙ РИСК - возможен общий доступ!";
    ips: "IPs used: {ips}" / "Các IP đã dùng: {ips}" / "IP-адреса: {ips}";
    and_more: "and {n} more" / "và {n} IP khác" / "и ещё {n}";
    simultaneous: "Simultaneous connections from different IPs: {n}"
        / "Kết nối đồng thời từ các IP khác nhau: {n}"
        / "Одновременных подключений с разных IP: {n}";
    pairs: "{n} pairs" / "{n} cặp" / "пар: {n}";
    pairs_within: "{n} pairs within {span}" / "{n} cặp trong {span}" / "пар за {span}: {n}";
    looks_like: "Looks like {people} ({n}): {verdict}" / "Có vẻ là {people} ({n}): {verdict}"
        / "Похоже на {people} ({n}): {verdict}";
    since: "{verdict} since {at}" / "{verdict} từ {at}" / "{verdict} с {at}";
    not_enough: "Verdict {verdict}: {reason}" / "Kết luận {verdict}: {reason}"
        / "Вывод {verdict}: {reason}";
    seen: "Seen from {first} to {last}" / "Thấy từ {first} đến {last}"
        / "Замечен с {first} по {last}";
    every: ", one connection every {span} on average" / ", trung bình {span} một kết nối"
        / ", в среднем подключение раз в {span}";
    traffic: "Traffic: {size}" / "Lưu lượng: {size}" / "Трафик: {size}";
    one_person: "1 person" / "1 người" / "1 человека";
    n_people: "{n} people" / "{n} người" / "{n} чел.";
    one_network: "1 network" / "1 mạng" / "1 сеть";
    n_networks: "{n} networks" / "{n} mạng" / "{n} сет.";
    // Verdicts.
    sharing: "sharing" / "chia sẻ" / "общий доступ";
    watch: "watch" / "theo dõi" / "наблюдать";
    clear: "clear" / "bình thường" / "норма";
    unknown: "unknown" / "chưa rõ" / "неясно";
    // Alerts.
    alert: "{user}: {verdict} (was {was}), {people}" / "{user}: {verdict} (trước: {was}), {people}"
        / "{user}: {verdict} (было: {was}), {people}";
    alert_bare: "{user}: {verdict} (was {was})" / "{user}: {verdict} (trước: {was})"
        / "{user}: {verdict} (было: {was})";
    risk_alert: "{user}: risk {risk} (was {was}), score {n}"
        / "{user}: rủi ro {risk} (trước: {was}), điểm {n}"
        / "{user}: риск {risk} (было: {was}), оценка {n}";
    // A sample.
    monitor: "MTProxy Monitor - {at}" / "Giám sát MTProxy - {at}" / "Монитор MTProxy - {at}";
    active: "Total active connections: {n}" / "Tổng số kết nối đang hoạt động: {n}"
        / "Активных подключений: {n}";
    unique_users: "Unique users (IPs): {n}" / "Số người dùng (theo IP): {n}"
        / "Пользователей (по IP): {n}";
    by_ip: "Connections by IP:" / "Kết nối theo IP:" / "Подключения по IP:";
    ip_connections: "{ip}: {n} connection(s)" / "{ip}: {n} kết nối" / "{ip}: подключений {n}";
    rtt: "rtt {ms} ms" / "rtt {ms} ms" / "rtt {ms} мс";
    down: "{size} down" / "tải xuống {size}" / "к клиенту {size}";
    up: "{size} up" / "tải lên {size}" / "от клиента {size}";
    last_data: "last data {span} ago" / "dữ liệu cuối cách đây {span}" / "данные {span} назад";
    port: "port {n}" / "cổng {n}" / "порт {n}";
    age: "{span} old" / "đã mở {span}" / "открыто {span}";
    opened: "opened" / "mở" / "открыто";
    closed: "closed" / "đóng" / "закрыто";
    no_connections: "No connections." / "Không có kết nối." / "Подключений нет.";
    more_addresses: "and {n} more addresses" / "và {n} địa chỉ khác" / "и ещё адресов: {n}";
    ambiguous: "{n} connections of addresses with several users: whose each is, is not known"
        / "{n} kết nối từ các địa chỉ có nhiều người dùng: không rõ mỗi kết nối là của ai"
        / "подключений с адресов, где несколько пользователей: {n} (чьё каждое, неизвестно)";
    unmatched: "Users at addresses that have no connection here:"
        / "Người dùng ở các địa chỉ không có kết nối tại đây:"
        / "Пользователи с адресами, у которых здесь нет подключений:";
    suspicious: "Suspicious activity:" / "Hoạt động đáng ngờ:" / "Подозрительная активность:";
    multiple_connections: "{ip}: {n} connections at once" / "{ip}: {n} kết nối cùng lúc"
        / "{ip}: одновременных подключений {n}";
    frequent_connections: "{ip}: seen in {n} different minutes"
        / "{ip}: xuất hiện trong {n} phút khác nhau" / "{ip}: замечен в {n} разных минутах";
    warn_mark: "warn" / "chú ý" / "внимание";
    ok_mark: "ok  " / "tốt  " / "ок      ";
    // Units.
    second_short: "s" / "giây" / "с";
    minute_short: "min" / "phút" / "мин";
    hour_short: "h" / "giờ" / "ч";
    day_short: "d" / "ngày" / "дн";
    one_day: "1 day" / "1 ngày" / "1 день";
    n_days: "{n} days" / "{n} ngày" / "{n} дн.";
    // Evidence.
    two: "{one} and {other}" / "{one} và {other}" / "{one} и {other}";
    one_carrier: "a mobile carrier" / "một nhà mạng di động" / "мобильный оператор";
    overlap: "{networks} in use at once for {span}" / "{networks} dùng cùng lúc trong {span}"
        / "{networks} одновременно в течение {span}";
    overlap_short: "{networks} at once, {span}" / "{networks} cùng lúc, {span}"
        / "{networks} сразу, {span}";
    alternation: "alternated between {networks} {n} times" / "luân phiên giữa {networks} {n} lần"
        / "переключения между {networks}: {n} раз";
    second_device: "{networks} treated as a second device (overlap of {span} ignored)"
        / "{networks} được coi là thiết bị thứ hai (bỏ qua {span} trùng nhau)"
        / "{networks}: считается вторым устройством (пересечение {span} не учтено)";
    common_home: "all use in one place for 12 h of the day ({networks})"
        / "12 giờ mỗi ngày chỉ dùng ở một nơi ({networks})"
        / "12 ч в сутки — только одно место ({networks})";
    sequential_networks: "{networks} one after another, never two at once"
        / "{networks} lần lượt, không bao giờ hai mạng cùng lúc"
        / "{networks} по очереди, никогда две сразу";
    hidden_addresses: "client addresses hidden behind {networks} ({n} connections)"
        / "địa chỉ client bị ẩn sau {networks} ({n} kết nối)"
        / "адреса клиентов скрыты за {networks} (подключений: {n})";
    counterfactual: "with {option} it would be {verdict}" / "với {option} sẽ là {verdict}"
        / "с {option} было бы: {verdict}";
    in_use: "{networks} in use {intervals}" / "{networks} được dùng {intervals}"
        / "{networks}: в работе {intervals}";
    timeline_legend: "{alone} in use  {two} two at once  {more} three or more at once"
        / "{alone} được dùng  {two} hai mạng cùng lúc  {more} ba mạng trở lên cùng lúc"
        / "{alone} в работе  {two} две сразу  {more} три и больше сразу";
    more_networks: "{n} more networks" / "{n} mạng khác" / "ещё сетей: {n}";
    as_one: "{networks} ({n} as one)" / "{networks} ({n} tính là một)" / "{networks} ({n} как одна)";
    no_addresses: "the log does not show addresses" / "log không cho thấy địa chỉ"
        / "в логе не видны адреса";
    too_little: "less than an hour of use" / "dùng chưa đến một giờ" / "меньше часа использования";
}

/// Replaces `{name}` in a text by its value.
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

/// Fails where a row lacks a text, or one of its texts a place that another has.
#[cfg(test)]
pub(crate) fn check_row((name, texts): &(&str, [&str; 3])) {
    fn places(text: &str) -> Vec<&str> {
        let mut found: Vec<_> =
            text.split('{').skip(1).filter_map(|part| part.split('}').next()).collect();
        found.sort_unstable();
        found
    }
    assert!(texts.iter().all(|text| !text.is_empty()), "{name}");
    assert!(texts.iter().all(|text| places(text) == places(texts[0])), "{name}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::style::Lang;

    #[test]
    fn every_language_has_every_place() {
        for row in ROWS {
            check_row(row);
        }
        assert_eq!(Messages::of(Lang::Ru).unknown, "неясно");
    }

    #[test]
    fn places_are_filled() {
        assert_eq!(fill("a {x} b {y}", &[("x", &1), ("y", &"{z}")]), "a 1 b {z}");
    }
}
