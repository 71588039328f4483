# fish completion of mtp-conns; made from the table of flags.
complete -c mtp-conns -f
complete -c mtp-conns -l help -s h -d 'Show this help: -h the short, --help the long one'
complete -c mtp-conns -l version -d 'Show the version'
complete -c mtp-conns -l format -x -a 'auto json text' -d 'What to write: auto, json or text'
