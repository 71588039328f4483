# bash completion of mtp-report; generated from the table of flags.
_mtp_report() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    case $before in
    --html) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --prometheus) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --by) mapfile -t COMPREPLY < <(compgen -W 'day week month' -- "$word"); return ;;
    --user) :; return ;;
    --history) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --merge) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --retain) :; return ;;
    --forget) :; return ;;
    --every) :; return ;;
    --top) :; return ;;
    --warn) :; return ;;
    --anonymize-key) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --lang) mapfile -t COMPREPLY < <(compgen -W 'en vi ru' -- "$word"); return ;;
    --tz) :; return ;;
    --title) :; return ;;
    --format) mapfile -t COMPREPLY < <(compgen -W 'auto json text' -- "$word"); return ;;
    --generate) mapfile -t COMPREPLY < <(compgen -W 'man bash zsh fish' -- "$word"); return ;;
    esac
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W '--text --long --html --prometheus --force --watch --by --per-user --user --history --merge --retain --forget --every --top --warn --anonymize --anonymize-key --lang --tz --title --no-emoji --strict -h --help -V --version --format --generate' -- "$word"); return ;;
    esac
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
}
complete -F _mtp_report mtp-report
