# fish completion of mtp-parse; made from the table of flags.
complete -c mtp-parse -f
complete -c mtp-parse -l help -s h -d 'Show this help: -h the short, --help the long one'
complete -c mtp-parse -l version -d 'Show the version'
complete -c mtp-parse -l format -x -a 'auto json text' -d 'What to write: auto, json or text'
