# fish completion of mtp-report; made from the table of flags.
complete -c mtp-report -f
complete -c mtp-report -l help -s h -d 'Show this help: -h the short, --help the long one'
complete -c mtp-report -l version -d 'Show the version'
complete -c mtp-report -l format -x -a 'auto json text' -d 'What to write: auto, json or text'
