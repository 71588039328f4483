# fish completion of mtp-score; made from the table of flags.
complete -c mtp-score -f
complete -c mtp-score -l help -s h -d 'Show this help: -h the short, --help the long one'
complete -c mtp-score -l version -d 'Show the version'
complete -c mtp-score -l format -x -a 'auto json text' -d 'What to write: auto, json or text'
