# bash completion of mtp-conns; generated from the table of flags.
_mtp_conns() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    case $before in
    -p|--port) :; return ;;
    -c|--config) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    -i|--interval) :; return ;;
    -n|--count) :; return ;;
    -t|--top) :; return ;;
    --prefix) :; return ;;
    --pid) :; return ;;
    --netns) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --container) :; return ;;
    --via) mapfile -t COMPREPLY < <(compgen -W 'auto netlink proc' -- "$word"); return ;;
    -e|--events) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --telemt-api) :; return ;;
    --telemt-auth) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --warn) :; return ;;
    --lang) mapfile -t COMPREPLY < <(compgen -W 'en vi ru' -- "$word"); return ;;
    --format) mapfile -t COMPREPLY < <(compgen -W 'auto json text' -- "$word"); return ;;
    --generate) mapfile -t COMPREPLY < <(compgen -W 'man bash zsh fish' -- "$word"); return ;;
    esac
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W '-p --port -c --config -i --interval -n --count -s --sockets --changes --info -t --top --prefix --pid --netns --container --via -e --events --telemt-api --telemt-auth --warn --no-emoji --lang -h --help -V --version --format --generate' -- "$word"); return ;;
    esac
}
complete -F _mtp_conns mtp-conns
