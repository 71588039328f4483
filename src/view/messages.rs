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
    totals: "{users} {users:user/users}: {sharing} sharing, {watch} watch, {clear} clear, \
        {unknown} unknown"
        / "{users} người dùng: {sharing} dùng chung, {watch} theo dõi, {clear} bình thường, \
          {unknown} chưa rõ"
        / "{users} {users:пользователь/пользователя/пользователей}: общий доступ {sharing}, \
          наблюдать {watch}, норма {clear}, неясно {unknown}";
    risks: "Risk: {high} high, {medium} medium, {low} low"
        / "Rủi ro: {high} cao, {medium} trung bình, {low} thấp"
        / "Риск: высокий {high}, средний {medium}, низкий {low}";
    not_listed: "{n} more {n:user is/users are} not listed."
        / "{n} người dùng khác không được liệt kê."
        / "Не показано: ещё {n} {n:пользователь/пользователя/пользователей}.";
    no_users: "No connection with a user was seen."
        / "Không thấy kết nối nào có tên người dùng."
        / "Подключений с именем пользователя не найдено.";
    unscored: "{n} {n:connection/connections} of {users} {users:user/users}, and no scores: \
        mtp-score makes them from events."
        / "{n} kết nối của {users} người dùng, chưa có điểm: mtp-score tính điểm từ các sự kiện."
        / "{n} {n:подключение/подключения/подключений}, {users} \
          {users:пользователь/пользователя/пользователей}, оценок нет: их считает mtp-score по \
          событиям.";
    // Statistics of a proxy that does not log addresses.
    usage_heading: "Statistics of the proxy, which does not log addresses: sharing cannot be seen"
        / "Thống kê của proxy không ghi địa chỉ: không thể biết ai chia sẻ"
        / "Статистика прокси без адресов: общий доступ по ней не виден";
    // Columns of the table.
    title_user: "User" / "Người dùng" / "Пользователь";
    title_verdict: "Verdict" / "Kết luận" / "Вывод";
    title_people: "People" / "Số người" / "Людей";
    title_networks: "Networks" / "Mạng" / "Сетей";
    column_addresses: "IPS{period}" / "SỐ IP{period}" / "IP{period}";
    column_connections: "CONNS{period}" / "KẾT NỐI{period}" / "ПОДКЛ.{period}";
    column_open: "OPEN" / "ĐANG MỞ" / "ОТКРЫТО";
    column_traffic: "TRAFFIC{period}" / "LƯU LƯỢNG{period}" / "ТРАФИК{period}";
    column_last: "LAST SEEN" / "LẦN CUỐI" / "ПОСЛЕДНЕЕ";
    title_why: "Why" / "Lý do" / "Причина";
    // The calendar.
    by_day: "By day" / "Theo ngày" / "По дням";
    by_week: "By week" / "Theo tuần" / "По неделям";
    by_month: "By month" / "Theo tháng" / "По месяцам";
    column_day: "DAY" / "NGÀY" / "ДЕНЬ";
    column_week: "WEEK" / "TUẦN" / "НЕДЕЛЯ";
    column_month: "MONTH" / "THÁNG" / "МЕСЯЦ";
    column_users: "USERS" / "NGƯỜI DÙNG" / "ПОЛЬЗ.";
    title_new: "New" / "Mới" / "Новых";
    title_gone: "Gone" / "Rời đi" / "Ушло";
    column_refused: "REFUSED" / "TỪ CHỐI" / "ОТКАЗОВ";
    other_reasons: "other reasons" / "lý do khác" / "прочие причины";
    calendar_new_gone: "new: first seen in this period; gone: last seen in it"
        / "mới: thấy lần đầu trong kỳ này; rời đi: thấy lần cuối trong kỳ này"
        / "новые: впервые замечены в этот период; ушедшие: больше не появлялись после него";
    calendar_estimates: "~ estimated: addresses are counted exactly in the last 31 days only"
        / "~ ước tính: địa chỉ chỉ được đếm chính xác trong 31 ngày gần nhất"
        / "~ оценка: адреса считаются точно только за последние 31 день";
    calendar_empty: "No events with a time were read."
        / "Không đọc được sự kiện nào có thời gian."
        / "Событий с отметкой времени нет.";
    // The live screen.
    title_score: "Score" / "Điểm" / "Оценка";
    title_alerts: "Alerts" / "Cảnh báo" / "Предупреждения";
    watch_open: "{n} open" / "{n} đang mở" / "открыто: {n}";
    watch_ended: "end of the stream" / "hết dữ liệu vào" / "поток закончился";
    watch_foreign: "{n} {n:line/lines} not recognised" / "{n} dòng không nhận ra"
        / "не распознано строк: {n}";
    watch_only: "only {verdict}" / "chỉ {verdict}" / "только {verdict}";
    watch_find: "/{name}_  Enter keeps, Esc discards" / "/{name}_  Enter giữ, Esc bỏ"
        / "/{name}_  Enter — оставить, Esc — отменить";
    watch_list_keys: "Enter open  s sort  r reverse  v verdict  / find  q end  ? help"
        / "Enter mở  s sắp xếp  r đảo  v kết luận  / tìm  q thoát  ? trợ giúp"
        / "Enter открыть  s порядок  r обратно  v вывод  / найти  q выход  ? справка";
    watch_detail_keys: "Esc back  n p next, previous user  j k scroll  ? help"
        / "Esc quay lại  n p người sau, người trước  j k cuộn  ? trợ giúp"
        / "Esc назад  n p следующий, предыдущий  j k прокрутка  ? справка";
    watch_help_keys: "any key: back" / "phím bất kỳ: quay lại" / "любая клавиша: назад";
    watch_help: "Up, Down, Page Up, Page Down, Home, End, or k and j: choose a user. Enter: open its \
        details; Esc: back. s: sort by the next column; r: the other way round. v: only the next \
        verdict. /: find by name; Enter keeps what was found, Esc discards it. q: end; ^C: end \
        the whole pipeline. ^Z: stop, fg goes on. ?: this help."
        / "Lên, Xuống, Page Up, Page Down, Home, End, hoặc k và j: chọn người dùng. Enter: mở chi \
          tiết; Esc: quay lại. s: sắp xếp theo cột tiếp theo; r: đảo thứ tự. v: chỉ hiện kết luận \
          tiếp theo. /: tìm theo tên; Enter giữ kết quả, Esc bỏ. q: thoát; ^C: dừng cả chuỗi lệnh. \
          ^Z: tạm dừng, fg để tiếp tục. ?: trợ giúp này."
        / "Вверх, Вниз, Page Up, Page Down, Home, End или k и j: выбрать пользователя. Enter: \
          открыть подробности; Esc: назад. s: сортировать по следующему столбцу; r: в обратном \
          порядке. v: только следующий вывод. /: найти по имени; Enter оставляет найденное, Esc \
          отменяет. q: выход; ^C: завершить весь конвейер. \
          ^Z: приостановить, fg — продолжить. ?: эта справка.";
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
    score_is_usual: "usual for a phone that moves"
        / "bình thường với điện thoại hay đổi mạng"
        / "обычное дело для телефона, который меняет сети";
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
        / "Одновременные подключения с разных IP: {n}";
    pairs: "{n} {n:pair/pairs}" / "{n} cặp" / "{n} {n:пара/пары/пар}";
    pairs_within: "{n} {n:pair/pairs} within {span}"
        / "{n} cặp trong vòng {span}"
        / "{n} {n:пара/пары/пар} в пределах {span}";
    looks_like: "Looks like {people} ({n}): {verdict}"
        / "Có vẻ có {people} dùng ({n}): {verdict}"
        / "Похоже, {people} ({n}): {verdict}";
    since: "{verdict} since {at}" / "{verdict} từ {at}" / "{verdict} с {at}";
    not_enough: "Verdict {verdict}: {reason}" / "Kết luận {verdict}: {reason}"
        / "Вывод {verdict}: {reason}";
    seen: "Seen from {first} to {last}"
        / "Hoạt động từ {first} đến {last}"
        / "Активность с {first} по {last}";
    every: ", one connection every {span} on average" / ", trung bình {span} một kết nối"
        / ", в среднем подключение раз в {span}";
    traffic: "Traffic: {size}" / "Lưu lượng: {size}" / "Трафик: {size}";
    n_people: "{n} {n:person/people}" / "{n} người" / "{n} {n:человек/человека/человек}";
    n_networks: "{n} {n:network/networks}" / "{n} mạng" / "{n} {n:сеть/сети/сетей}";
    // Verdicts.
    sharing: "sharing" / "dùng chung" / "общий доступ";
    watch: "watch" / "theo dõi" / "наблюдать";
    clear: "clear" / "bình thường" / "норма";
    unknown: "unknown" / "chưa rõ" / "неясно";
    // Levels of the rule's risk.
    risk_low: "low" / "thấp" / "низкий";
    risk_medium: "medium" / "trung bình" / "средний";
    risk_high: "high" / "cao" / "высокий";
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
    more_addresses: "and {n} more {n:address/addresses}"
        / "và {n} địa chỉ khác"
        / "и ещё {n} {n:адрес/адреса/адресов}";
    ambiguous: "{n} {n:connection/connections} of addresses with several users: the user of each \
        is not known"
        / "{n} kết nối từ các địa chỉ có nhiều người dùng: không rõ mỗi kết nối là của ai"
        / "подключений с адресов, где несколько пользователей: {n} (чьё каждое, неизвестно)";
    unmatched: "Users at addresses that have no connection here:"
        / "Người dùng ở các địa chỉ không có kết nối tại đây:"
        / "Пользователи с адресами, у которых здесь нет подключений:";
    suspicious: "Suspicious activity:" / "Hoạt động đáng ngờ:" / "Подозрительная активность:";
    multiple_connections: "{ip}: {n} {n:connection/connections} at once"
        / "{ip}: {n} kết nối cùng lúc"
        / "{ip}: {n} {n:подключение/подключения/подключений} одновременно";
    frequent_connections: "{ip}: seen in {n} different {n:minute/minutes}"
        / "{ip}: xuất hiện trong {n} phút khác nhau"
        / "{ip}: замечен в {n} {n:минуте/разных минутах/разных минутах}";
    warn_mark: "warn" / "chú ý" / "внимание";
    ok_mark: "ok  " / "tốt  " / "ок      ";
    // Numbers and units.
    decimal_mark: "." / "," / ",";
    hours_of_a_title: "{n}h" / "{n}h" / "{n}ч";
    second_short: "s" / "giây" / "с";
    minute_short: "min" / "phút" / "мин";
    hour_short: "h" / "giờ" / "ч";
    day_short: "d" / "ngày" / "дн.";
    n_days: "{n} {n:day/days}" / "{n} ngày" / "{n} {n:день/дня/дней}";
    // Evidence.
    two: "{one} and {other}" / "{one} và {other}" / "{one} и {other}";
    one_carrier: "a mobile carrier" / "một nhà mạng di động" / "мобильный оператор";
    overlap: "{networks} in use at once for {span}"
        / "dùng {networks} cùng lúc trong {span}"
        / "{networks} одновременно в течение {span}";
    overlap_short: "{networks} at once, {span}"
        / "{networks} cùng lúc, {span}"
        / "{networks} сразу, {span}";
    alternation: "alternated between {networks} {n} {n:time/times}"
        / "luân phiên giữa {networks} {n} lần"
        / "переключение между сетями ({networks}): {n} {n:раз/раза/раз}";
    second_device: "{networks} treated as a second device (overlap of {span} ignored)"
        / "coi {networks} là thiết bị thứ hai (bỏ qua {span} dùng cùng lúc)"
        / "вторым устройством считается {networks} (пересечение {span} не учтено)";
    common_home: "no second home seen beside {networks}"
        / "không thấy nơi ở thứ hai ngoài {networks}"
        / "второго дома, кроме {networks}, не видно";
    sequential_networks: "{networks} one after another, never two at once"
        / "dùng {networks} lần lượt, không bao giờ hai mạng cùng lúc"
        / "{networks} по очереди, две одновременно — никогда";
    hidden_addresses: "client addresses hidden behind {networks} ({n} \
        {n:connection/connections})"
        / "địa chỉ client bị ẩn sau {networks} ({n} kết nối)"
        / "адреса клиентов скрыты ({networks}; {n} {n:подключение/подключения/подключений})";
    counterfactual: "with {option} it would be {verdict}" / "với {option} sẽ là {verdict}"
        / "с {option} было бы: {verdict}";
    in_use: "{networks} in use {intervals}"
        / "dùng {networks}: {intervals}"
        / "{networks}: {intervals}";
    timeline_legend: "{alone} in use  {two} two at once  {more} three or more at once"
        / "{alone} một mạng  {two} hai mạng cùng lúc  {more} ba mạng trở lên"
        / "{alone} одна сеть  {two} две сразу  {more} три и больше";
    more_networks: "{n} more {n:network/networks}"
        / "{n} mạng khác"
        / "ещё {n} {n:сеть/сети/сетей}";
    as_one: "{networks} ({n} as one)" / "{networks} ({n} tính là một)" / "{networks} ({n} как одна)";
    no_addresses: "the log does not show addresses" / "log không cho thấy địa chỉ"
        / "в логе не видны адреса";
    too_little: "less than an hour of use" / "dùng chưa đến một giờ" / "меньше часа использования";
}

/// Replaces `{name}` in a text by its value, and `{name:user/users}` by the form that goes with that
/// number: one and many, or, as in Russian, one, few and many.
pub fn fill(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (place, tail) = after.split_once('}').unwrap_or((after, ""));
        let (name, forms) = place.split_once(':').unwrap_or((place, ""));
        out.push_str(before);
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            let value = value.to_string();
            out.push_str(if forms.is_empty() { &value } else { form(forms, &value) });
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// The form of a noun beside a number as it is shown.
fn form<'f>(forms: &'f str, number: &str) -> &'f str {
    let (one, rest) = forms.split_once('/').unwrap_or((forms, forms));
    let Some((few, many)) = rest.split_once('/') else {
        return if number == "1" { one } else { rest };
    };
    let digits: Vec<u8> = number.bytes().filter(u8::is_ascii_digit).collect();
    let is_teen = matches!(digits.as_slice(), [.., b'1', _]);
    match digits.last() {
        _ if number.contains(['.', ',']) => few, // a fraction
        Some(b'1') if !is_teen => one,
        Some(b'2'..=b'4') if !is_teen => few,
        _ => many,
    }
}

/// Fails where a row lacks a text, or one of its texts a place that another has.
#[cfg(test)]
pub(crate) fn check_row((name, texts): &(&str, [&str; 3])) {
    fn places(text: &str) -> Vec<&str> {
        let mut found: Vec<_> =
            text.split('{').skip(1).filter_map(|part| part.split(['}', ':']).next()).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
    assert!(texts.iter().all(|text| !text.is_empty()), "{name}");
    assert!(texts.iter().all(|text| places(text) == places(texts[0])), "{name}");
    for (text, forms) in texts.iter().zip([2, 1, 3]) {
        let nouns =
            text.split('{').skip(1).filter_map(|part| part.split('}').next()?.split_once(':'));
        assert!(nouns.clone().all(|(_, all)| all.split('/').count() == forms), "{name}: {text}");
    }
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

    #[test]
    fn a_noun_goes_with_its_number() {
        let of = |lang: Lang, n: &str| fill(lang.messages().n_people, &[("n", &n)]);
        for (n, en, ru) in [
            ("1", "1 person", "1 человек"),
            ("2", "2 people", "2 человека"),
            ("5", "5 people", "5 человек"),
            ("11", "11 people", "11 человек"),
            ("14", "14 people", "14 человек"),
            ("21", "21 people", "21 человек"),
            ("1\u{a0}023", "1\u{a0}023 people", "1\u{a0}023 человека"),
            ("0", "0 people", "0 человек"),
            ("2,4", "2,4 people", "2,4 человека"),
        ] {
            assert_eq!((of(Lang::En, n), of(Lang::Ru, n)), (en.to_owned(), ru.to_owned()));
            assert_eq!(of(Lang::Vi, n), format!("{n} người"));
        }
    }
}
