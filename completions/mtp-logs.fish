# fish completion of mtp-logs; generated from the table of flags.
complete -c mtp-logs -f
complete -c mtp-logs -l container -s c -x -d 'Follow a container or Compose service'
complete -c mtp-logs -l compose -x -d 'Follow a Compose project'
complete -c mtp-logs -l file -s f -r -F -d 'Follow a file'
complete -c mtp-logs -l journal -s u -x -d 'Follow a unit\'s entries in the journal'
complete -c mtp-logs -l name -x -d 'Put HOST and a point before the names of sources'
complete -c mtp-logs -l state -r -F -d 'Save positions in FILE and resume from it'
complete -c mtp-logs -l from-now -d 'Start with new lines where FILE has no position'
complete -c mtp-logs -l help -s h -d 'Show help: -h in short, --help in full'
complete -c mtp-logs -l version -s V -d 'Show the version'
complete -c mtp-logs -l format -x -a 'auto json text' -d 'Output format: auto, json or text [default: auto]'
complete -c mtp-logs -l generate -x -a 'man bash zsh fish' -d 'Print the manual page or a shell\'s completion'
