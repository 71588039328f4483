# bash completion of mtp-parse; generated from the table of flags.
_mtp_parse() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    case $before in
    -d|--dialect) mapfile -t COMPREPLY < <(compgen -W 'access telemt mtg mtproxy teleproxy seriyps zig mtprotoproxy minhpn pattern list' -- "$word"); return ;;
    --pattern) :; return ;;
    --users) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --source) :; return ;;
    --only-source) :; return ;;
    --tz) :; return ;;
    --year) :; return ;;
    --since) :; return ;;
    --until) :; return ;;
    -j|--jobs) :; return ;;
    --rejects) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --format) mapfile -t COMPREPLY < <(compgen -W 'auto json text' -- "$word"); return ;;
    --generate) mapfile -t COMPREPLY < <(compgen -W 'man bash zsh fish' -- "$word"); return ;;
    esac
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W '-d --dialect --pattern --users --source --only-source --tz --year --since --until -j --jobs --rejects --strict --explain --check -h --help -V --version --format --generate' -- "$word"); return ;;
    esac
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
}
complete -F _mtp_parse mtp-parse
