# bash completion of mtp-notify; generated from the table of flags.
_mtp_notify() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    case $before in
    --telegram-token-file) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --chat) :; return ;;
    --api-url) :; return ;;
    --webhook) :; return ;;
    --webhook-file) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --webhook-secret-file) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --exec) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --on) mapfile -t COMPREPLY < <(compgen -W 'sharing watch clear unknown risk note' -- "$word"); return ;;
    --cooldown) :; return ;;
    --strikes) :; return ;;
    --digest) :; return ;;
    --tz) :; return ;;
    --lang) mapfile -t COMPREPLY < <(compgen -W 'en vi ru' -- "$word"); return ;;
    --title) :; return ;;
    --state) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --timeout) :; return ;;
    --retry) :; return ;;
    --give-up) :; return ;;
    --linger) :; return ;;
    --format) mapfile -t COMPREPLY < <(compgen -W 'auto json text' -- "$word"); return ;;
    --generate) mapfile -t COMPREPLY < <(compgen -W 'man bash zsh fish' -- "$word"); return ;;
    esac
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W '--telegram-token-file --chat --api-url --webhook --webhook-file --webhook-secret-file --exec --on --cooldown --strikes --digest --tz --lang --title --state --test --timeout --retry --give-up --linger -h --help -V --version --format --generate' -- "$word"); return ;;
    esac
}
complete -F _mtp_notify mtp-notify
