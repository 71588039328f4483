# bash completion of mtp-users; generated from the table of flags.
_mtp_users() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    case $before in
    --config) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --kind) :; return ;;
    --server) :; return ;;
    --port) :; return ;;
    --tls-domain) :; return ;;
    --secret-from) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --qr-svg) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --qr-png) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --max-conns) :; return ;;
    --expires) :; return ;;
    --quota) :; return ;;
    --pid) :; return ;;
    --container) :; return ;;
    --lang) mapfile -t COMPREPLY < <(compgen -W 'en vi ru' -- "$word"); return ;;
    --format) mapfile -t COMPREPLY < <(compgen -W 'auto json text' -- "$word"); return ;;
    --generate) mapfile -t COMPREPLY < <(compgen -W 'man bash zsh fish' -- "$word"); return ;;
    esac
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W '--config --kind --server --port --tls-domain --all-links --skip-existing --secret-from --links --qr --qr-svg --qr-png --max-conns --expires --quota --dry-run --reload --pid --container --no-emoji --lang -h --help -V --version --format --generate' -- "$word"); return ;;
    esac
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W 'add list show remove rename rotate disable enable limit link import export check access-log reload names' -- "$word"); return
    fi
    case ${COMP_WORDS[1]} in
    add) : ;;
    list) : ;;
    show) local IFS=$'\n'; mapfile -t COMPREPLY < <(compgen -W "$(mtp-users names 2>/dev/null)" -- "$word") ;;
    remove) local IFS=$'\n'; mapfile -t COMPREPLY < <(compgen -W "$(mtp-users names 2>/dev/null)" -- "$word") ;;
    rename) local IFS=$'\n'; mapfile -t COMPREPLY < <(compgen -W "$(mtp-users names 2>/dev/null)" -- "$word") ;;
    rotate) local IFS=$'\n'; mapfile -t COMPREPLY < <(compgen -W "$(mtp-users names 2>/dev/null)" -- "$word") ;;
    disable) local IFS=$'\n'; mapfile -t COMPREPLY < <(compgen -W "$(mtp-users names 2>/dev/null)" -- "$word") ;;
    enable) local IFS=$'\n'; mapfile -t COMPREPLY < <(compgen -W "$(mtp-users names 2>/dev/null)" -- "$word") ;;
    limit) local IFS=$'\n'; mapfile -t COMPREPLY < <(compgen -W "$(mtp-users names 2>/dev/null)" -- "$word") ;;
    link) local IFS=$'\n'; mapfile -t COMPREPLY < <(compgen -W "$(mtp-users names 2>/dev/null)" -- "$word") ;;
    import) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    export) : ;;
    check) : ;;
    access-log) mapfile -t COMPREPLY < <(compgen -W 'on off status print' -- "$word") ;;
    reload) : ;;
    names) : ;;
    esac
}
complete -F _mtp_users mtp-users
