# fish completion of mtp-users; made from the table of flags.
complete -c mtp-users -f
complete -c mtp-users -l help -s h -d 'Show this help: -h the short, --help the long one'
complete -c mtp-users -l version -d 'Show the version'
complete -c mtp-users -l format -x -a 'auto json text' -d 'What to write: auto, json or text'
