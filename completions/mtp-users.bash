# bash completion of mtp-users; made from the table of flags.
_mtp_users() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    case $before in
    --format) mapfile -t COMPREPLY < <(compgen -W 'auto json text' -- "$word"); return ;;
    esac
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W '-h --help --version --format' -- "$word"); return ;;
    esac
}
complete -F _mtp_users mtp-users
