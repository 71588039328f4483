//! The texts of `mtp-users`, one row each with a column per language.

use crate::view::messages::messages;

messages! {
    pub(super),
    // Users.
    users_in: "Users in {file}: {n}" / "Người dùng trong {file}: {n}" / "Пользователи в {file}: {n}";
    modes: "modes: {modes}" / "chế độ: {modes}" / "режимы: {modes}";
    user: "User: {user}" / "Người dùng: {user}" / "Пользователь: {user}";
    secret: "Secret: {secret}" / "Khóa bí mật: {secret}" / "Секрет: {secret}";
    computed: "(computed)" / "(được tính khi chạy)" / "(вычисляется)";
    connection_string: "Connection string: {link}" / "Chuỗi kết nối: {link}"
        / "Строка подключения: {link}";
    is_disabled: "disabled" / "đã khóa" / "отключён";
    connections: "{n} {n:connection/connections}" / "{n} kết nối"
        / "{n} {n:подключение/подключения/подключений}";
    until: "until {day}" / "đến {day}" / "до {day}";
    // Changes.
    added: "User '{user}' added successfully!" / "Đã thêm người dùng '{user}'!"
        / "Пользователь '{user}' добавлен!";
    rotated: "User '{user}' rotated successfully!" / "Đã đổi khóa bí mật của '{user}'!"
        / "Секрет пользователя '{user}' заменён!";
    removed: "User '{user}' removed successfully!" / "Đã xóa người dùng '{user}'!"
        / "Пользователь '{user}' удалён!";
    renamed: "User '{old}' renamed to '{user}' successfully!"
        / "Đã đổi tên người dùng '{old}' thành '{user}'!"
        / "Пользователь '{old}' переименован в '{user}'!";
    disabled: "User '{user}' disabled successfully!" / "Đã khóa người dùng '{user}'!"
        / "Пользователь '{user}' отключён!";
    enabled: "User '{user}' enabled successfully!" / "Đã mở khóa người dùng '{user}'!"
        / "Пользователь '{user}' включён!";
    limited: "User '{user}' limited successfully!" / "Đã đặt giới hạn cho '{user}'!"
        / "Ограничения пользователя '{user}' заданы!";
    already_there: "User '{user}' is already there" / "Người dùng '{user}' đã có sẵn"
        / "Пользователь '{user}' уже есть";
    already_disabled: "User '{user}' is already disabled" / "Người dùng '{user}' đã bị khóa từ trước"
        / "Пользователь '{user}' уже отключён";
    already_enabled: "User '{user}' is already enabled" / "Người dùng '{user}' vốn không bị khóa"
        / "Пользователь '{user}' уже включён";
    // Check and access log.
    no_problems: "{file}: no problems found ({n} {n:user/users})"
        / "{file}: không thấy vấn đề nào ({n} người dùng)"
        / "{file}: проблем не найдено ({n} {n:пользователь/пользователя/пользователей})";
    access_log_on: "The access log is on" / "Nhật ký truy cập đang bật" / "Журнал доступа включён";
    access_log_other:
        "The access log is on, with the block of another version (access-log on renews it)"
        / "Nhật ký truy cập đang bật, với khối của phiên bản khác (access-log on sẽ thay mới)"
        / "Журнал доступа включён, но блок другой версии (access-log on обновит его)";
    access_log_off: "The access log is off" / "Nhật ký truy cập đang tắt" / "Журнал доступа выключен";
    // After an edit.
    telemt_reads: "saved; a running telemt reads it by itself, which `{command}` confirms"
        / "đã lưu; telemt đang chạy tự đọc lại tệp, `{command}` xác nhận điều đó"
        / "сохранено; работающий telemt перечитает файл сам, `{command}` это подтвердит";
    mtg_restarts:
        "saved; not in force until mtg-multi restarts (its file sets no api-bind-to)"
        / "đã lưu; chưa có hiệu lực đến khi mtg-multi khởi động lại (tệp không có api-bind-to)"
        / "сохранено; вступит в силу после перезапуска mtg-multi (в файле нет api-bind-to)";
    not_in_force: "saved; not in force until `{command}`"
        / "đã lưu; chưa có hiệu lực cho đến khi chạy `{command}`"
        / "сохранено; вступит в силу после `{command}`";
    stay_open: "open connections stay until they end or the proxy restarts"
        / "kết nối đang mở vẫn còn đến khi tự kết thúc hoặc proxy khởi động lại"
        / "открытые подключения остаются, пока не закончатся или прокси не перезапустится";
    stay_open_disable:
        "open connections stay until they end or the proxy restarts (disable ends them)"
        / "kết nối đang mở vẫn còn đến khi tự kết thúc hoặc proxy khởi động lại (disable sẽ ngắt)"
        / "открытые подключения остаются, пока не закончатся или прокси не перезапустится \
           (disable их закроет)";
    removed_stay: "open connections of removed users stay until they end or the proxy restarts"
        / "kết nối đang mở của người bị xóa vẫn còn đến khi tự kết thúc hoặc proxy khởi động lại"
        / "открытые подключения удалённых остаются, пока не закончатся или прокси не перезапустится";
    removed_drain:
        "open connections of removed users stay for up to {n} s (drain_timeout_secs)"
        / "kết nối đang mở của người bị xóa vẫn còn tối đa {n} giây (drain_timeout_secs)"
        / "открытые подключения удалённых остаются до {n} с (drain_timeout_secs)";
    disabled_stay:
        "open connections of disabled users stay until they end or the proxy restarts (remove \
         ends them)"
        / "kết nối đang mở của người bị khóa vẫn còn đến khi tự kết thúc hoặc proxy khởi động lại \
           (remove sẽ ngắt)"
        / "открытые подключения отключённых остаются, пока не закончатся или прокси не \
           перезапустится (remove их закроет)";
    no_user_left: "no user is left" / "không còn người dùng nào" / "пользователей не осталось";
    expired: "the expiration is in the past" / "ngày hết hạn đã qua" / "срок действия уже истёк";
    // Links.
    no_server: "no server address: no links (use --server)"
        / "không rõ địa chỉ máy chủ: không có liên kết (dùng --server)"
        / "адрес сервера неизвестен: ссылок нет (используйте --server)";
    no_port: "no port: no links (use --port)" / "không rõ cổng: không có liên kết (dùng --port)"
        / "порт неизвестен: ссылок нет (используйте --port)";
    server_computed: "{name} is computed: no links (use --server)"
        / "{name} được tính khi chạy: không có liên kết (dùng --server)"
        / "{name} вычисляется: ссылок нет (используйте --server)";
    port_computed: "{name} is computed: no links (use --port)"
        / "{name} được tính khi chạy: không có liên kết (dùng --port)"
        / "{name} вычисляется: ссылок нет (используйте --port)";
    modes_computed: "{name} is computed: links of all modes are shown"
        / "{name} được tính khi chạy: hiện liên kết của mọi chế độ"
        / "{name} вычисляется: показаны ссылки всех режимов";
    domain_computed: "{name} is computed: no tls link (use --tls-domain)"
        / "{name} được tính khi chạy: không có liên kết tls (dùng --tls-domain)"
        / "{name} вычисляется: ссылки tls нет (используйте --tls-domain)";
    from_proxy: "{name} is computed: {value}, by {origin}"
        / "{name} được tính khi chạy: {value}, theo {origin}"
        / "{name} вычисляется: {value}, по данным: {origin}";
    server_printed: "server address {value}, as printed by {origin}"
        / "địa chỉ máy chủ {value}, do {origin} in ra"
        / "адрес сервера {value}, его напечатал {origin}";
    no_qr: "no QR code without a link" / "không có liên kết nên không có mã QR"
        / "нет ссылки — нет QR-кода";
    qr_wide: "the QR code needs {width} columns, not {columns}"
        / "mã QR cần {width} cột, không phải {columns}"
        / "для QR-кода нужно столбцов: {width}, а есть {columns}";
    // Reloads.
    reloaded: "{proxy} reloaded" / "{proxy} đã nạp lại" / "{proxy}: перечитано";
    not_confirmed: "{proxy} not confirmed" / "{proxy} chưa xác nhận" / "{proxy}: не подтверждено";
    notified: "{proxy} notified; what it did cannot be seen from here"
        / "{proxy} đã được báo; từ đây không thấy được kết quả"
        / "{proxy}: сигнал отправлен; результат отсюда не виден";
    // What a proxy did not confirm.
    not_printed: "did not print '{text}' within {n} s after the signal"
        / "không in '{text}' trong {n} giây sau tín hiệu"
        / "не напечатал '{text}' за {n} с после сигнала";
    no_reload_reported: "its API reports no reload within {n} s"
        / "API của nó không báo lần nạp lại nào trong {n} giây"
        / "его API не сообщил о перечитывании за {n} с";
}

#[cfg(test)]
mod tests {
    use super::ROWS;
    use crate::view::messages::check_row;

    #[test]
    fn every_language_has_every_place() {
        ROWS.iter().for_each(check_row);
    }
}
