# bash completion of mtp-logs; generated from the table of flags.
_mtp_logs() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    case $before in
    -c|--container) :; return ;;
    --compose) :; return ;;
    -f|--file) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    -u|--journal) :; return ;;
    --name) :; return ;;
    --state) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --format) mapfile -t COMPREPLY < <(compgen -W 'auto json text' -- "$word"); return ;;
    --generate) mapfile -t COMPREPLY < <(compgen -W 'man bash zsh fish' -- "$word"); return ;;
    esac
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W '-c --container --compose -f --file -u --journal --name --state --from-now -h --help -V --version --format --generate' -- "$word"); return ;;
    esac
}
complete -F _mtp_logs mtp-logs
