# bash completion of mtp-score; generated from the table of flags.
_mtp_score() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    case $before in
    --window) :; return ;;
    --late) :; return ;;
    --state) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --save-every) :; return ;;
    --retain) :; return ;;
    --forget) :; return ;;
    --every) :; return ;;
    --only) mapfile -t COMPREPLY < <(compgen -W 'all high watch sharing' -- "$word"); return ;;
    --top) :; return ;;
    --ips) :; return ;;
    --alert-on) mapfile -t COMPREPLY < <(compgen -W 'risk' -- "$word"); return ;;
    --devices) :; return ;;
    --limits) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --ignore) :; return ;;
    --prior) :; return ;;
    --alarms) :; return ;;
    --relay) :; return ;;
    --asn) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --evidence) mapfile -t COMPREPLY < <(compgen -W 'short intervals full' -- "$word"); return ;;
    --explain) :; return ;;
    --table) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --clock-sources) :; return ;;
    --lang) mapfile -t COMPREPLY < <(compgen -W 'en vi ru' -- "$word"); return ;;
    --v4-prefix) :; return ;;
    --v6-prefix) :; return ;;
    --together) :; return ;;
    --per-address) :; return ;;
    --per-pair) :; return ;;
    --per-connection) :; return ;;
    --free-connections) :; return ;;
    --score-max) :; return ;;
    --medium-from) :; return ;;
    --high-from) :; return ;;
    --format) mapfile -t COMPREPLY < <(compgen -W 'auto json text' -- "$word"); return ;;
    --generate) mapfile -t COMPREPLY < <(compgen -W 'man bash zsh fish' -- "$word"); return ;;
    esac
    case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W '--window --late --state --save-every --retain --forget --every --only --top --ips --alert-on --devices --limits --ignore --trust-private --prior --alarms --strict-households --relay --asn --events --long --evidence --explain --table --write-table --clock-rows --clock-sources --no-summaries --merge --no-emoji --lang --v4-prefix --v6-prefix --together --per-address --per-pair --per-connection --free-connections --score-max --medium-from --high-from -h --help -V --version --format --generate' -- "$word"); return ;;
    esac
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
}
complete -F _mtp_score mtp-score
