//! The texts of messages, one row each with a column per language.

use crate::view::messages::messages;

messages! {
    pub(super),
    sharing: "{user}: several people use this account"
        / "{user}: nhiều người đang dùng chung tài khoản này"
        / "{user}: аккаунтом пользуются несколько человек";
    watch: "{user}: possibly several people use this account"
        / "{user}: có thể nhiều người dùng chung tài khoản này"
        / "{user}: возможно, аккаунтом пользуются несколько человек";
    clear: "{user}: one person again" / "{user}: lại chỉ còn một người dùng"
        / "{user}: снова один человек";
    unknown: "{user}: no longer enough data for a verdict"
        / "{user}: không còn đủ dữ liệu để kết luận" / "{user}: данных для вывода больше не хватает";
    risk: "{user}: activity score {n} of 100, risk {risk} (was {was})"
        / "{user}: điểm hoạt động {n}/100, rủi ro {risk} (trước đó: {was})"
        / "{user}: оценка активности {n} из 100, риск {risk} (было: {was})";
    at: "At: {at}" / "Lúc: {at}" / "Время: {at}";
    estimate: "Estimate: {people}" / "Ước tính: {people}" / "Оценка: {people}";
    estimate_sure: "Estimate: {people}, probability {percent} %"
        / "Ước tính: {people}, xác suất {percent} %" / "Оценка: {people}, вероятность {percent} %";
    why: "Why: {reason}" / "Lý do: {reason}" / "Причина: {reason}";
    act: "To act:" / "Lệnh xử lý:" / "Что можно сделать:";
    held: "Alerts since the last message: {n}" / "Số cảnh báo từ tin trước: {n}"
        / "Предупреждений с прошлого сообщения: {n}";
    note: "Note of {source}:" / "Ghi chú của {source}:" / "Заметка, источник {source}:";
    digest: "Digest of {date}" / "Tổng hợp ngày {date}" / "Сводка за {date}";
    none_shared: "No account looks shared." / "Không có tài khoản nào có vẻ bị dùng chung."
        / "Ни один аккаунт не похож на общий.";
    digest_line: "{user}: {verdict}, {people}" / "{user}: {verdict}, {people}"
        / "{user}: {verdict}, {people}";
    digest_bare: "{user}: {verdict}" / "{user}: {verdict}" / "{user}: {verdict}";
    others: "and {n} more" / "và {n} tài khoản khác" / "и ещё {n}";
    alerts: "Alerts: {n}, not sent one by one: {held}" / "Cảnh báo: {n}, không gửi riêng: {held}"
        / "Предупреждений: {n}, без отдельного сообщения: {held}";
    notes: "Notes in the log: {n}" / "Ghi chú trong log: {n}" / "Заметок в логе: {n}";
    not_sent: "Messages that could not be sent: {n}" / "Tin nhắn không gửi được: {n}"
        / "Неотправленных сообщений: {n}";
    test: "Test message of mtp-notify" / "Tin nhắn thử của mtp-notify"
        / "Пробное сообщение mtp-notify";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::messages::check_row;

    #[test]
    fn every_language_has_every_place() {
        ROWS.iter().for_each(check_row);
    }
}
