//! Completions for bash, zsh and fish.

use super::{CliInfo, FlagInfo, ValueKind};

/// Renders the file that bash sources.
pub fn bash(info: &CliInfo) -> String {
    let function = info.name.replace('-', "_");
    let longs = words(info.flags.iter().flat_map(spellings));
    let mut text = format!(
        "# bash completion of {name}; generated from the table of flags.\n_{function}() {{\n    \
         local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}\n    \
         COMPREPLY=()\n    case $before in\n",
        name = info.name
    );
    for flag in &info.flags {
        let Some(value) = flag.value else { continue };
        let pattern = words(spellings(flag)).replace(' ', "|");
        let values = bash_values(value.kind);
        text.push_str(&format!("    {pattern}) {values}; return ;;\n"));
    }
    text.push_str("    esac\n    case $word in\n");
    text.push_str(&format!(
        "    -*) mapfile -t COMPREPLY < <(compgen -W '{longs}' -- \"$word\"); return ;;\n    esac\n"
    ));
    if !info.commands.is_empty() {
        let names = words(info.commands.iter().map(|command| command.name.to_owned()));
        text.push_str(&format!(
            "    if ((COMP_CWORD == 1)); then\n        mapfile -t COMPREPLY < <(compgen -W \
             '{names}' -- \"$word\"); return\n    fi\n    case ${{COMP_WORDS[1]}} in\n"
        ));
        for command in info.commands {
            let values = bash_values(command.values);
            text.push_str(&format!("    {}) {values} ;;\n", command.name));
        }
        text.push_str("    esac\n");
    } else if let Some(kind) = info.operands {
        text.push_str(&format!("    {}\n", bash_values(kind)));
    }
    text.push_str(&format!("}}\ncomplete -F _{function} {}\n", info.name));
    text
}

fn bash_values(kind: ValueKind) -> String {
    match kind {
        ValueKind::Any => ":".to_owned(),
        ValueKind::File => "mapfile -t COMPREPLY < <(compgen -f -- \"$word\")".to_owned(),
        ValueKind::OneOf(names) => {
            format!("mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$word\")", names().join(" "))
        }
        ValueKind::LinesOf(command) => format!(
            "local IFS=$'\\n'; mapfile -t COMPREPLY < <(compgen -W \"$({command} 2>/dev/null)\" -- \
             \"$word\")"
        ),
    }
}

/// Renders the file that zsh autoloads.
pub fn zsh(info: &CliInfo) -> String {
    let mut text = format!(
        "#compdef {}\n# zsh completion; generated from the table of flags.\n_arguments -s -S \\\n",
        info.name
    );
    for flag in &info.flags {
        let brief = zsh_quoted(&flag.summary());
        let value = flag.value.map_or_else(String::new, |value| {
            format!(":{}:{}", value.name, zsh_values(value.kind))
        });
        let equals = if flag.value.is_some() { "=" } else { "" };
        text.push_str(&format!("  '--{}{equals}[{brief}]{value}' \\\n", flag.long));
        if let Some(letter) = flag.short {
            text.push_str(&format!("  '-{letter}[{brief}]{value}' \\\n"));
        }
    }
    if info.commands.is_empty() {
        let kind = info
            .operands
            .map_or_else(String::new, |kind| format!("  '*:operand:{}'\n", zsh_values(kind)));
        text.push_str(&kind);
    } else {
        let names = info
            .commands
            .iter()
            .map(|command| format!("{}\\:\"{}\"", command.name, zsh_quoted(command.brief)));
        text.push_str(&format!("  '1:command:(({}))' \\\n", words(names)));
        text.push_str(&format!(
            "  '*:operand:{}'\n",
            zsh_values(info.operands.unwrap_or(ValueKind::Any))
        ));
    }
    text
}

fn zsh_values(kind: ValueKind) -> String {
    match kind {
        ValueKind::Any => " ".to_owned(),
        ValueKind::File => "_files".to_owned(),
        ValueKind::OneOf(names) => format!("({})", names().join(" ")),
        ValueKind::LinesOf(command) => {
            format!("{{compadd -- ${{(f)\"$({command} 2>/dev/null)\"}}}}")
        }
    }
}

fn zsh_quoted(text: &str) -> String {
    text.replace('\'', "'\\''").replace('[', "\\[").replace(']', "\\]").replace(':', "\\:")
}

/// Renders the file that fish reads.
pub fn fish(info: &CliInfo) -> String {
    let mut text =
        format!("# fish completion of {}; generated from the table of flags.\n", info.name);
    let only_flags = info.operands.is_none() || !info.commands.is_empty();
    if only_flags {
        text.push_str(&format!("complete -c {} -f\n", info.name));
    }
    for command in info.commands {
        text.push_str(&format!(
            "complete -c {} -n __fish_use_subcommand -a {} -d '{}'\n",
            info.name,
            command.name,
            fish_quoted(command.brief)
        ));
        if let ValueKind::LinesOf(lines) = command.values {
            text.push_str(&format!(
                "complete -c {} -n '__fish_seen_subcommand_from {}' -a '({lines} 2>/dev/null)'\n",
                info.name, command.name
            ));
        }
    }
    for flag in &info.flags {
        let short = flag.short.map_or_else(String::new, |letter| format!(" -s {letter}"));
        let value = flag.value.map_or_else(String::new, |value| match value.kind {
            ValueKind::Any | ValueKind::LinesOf(_) => " -x".to_owned(),
            ValueKind::File => " -r -F".to_owned(),
            ValueKind::OneOf(names) => format!(" -x -a '{}'", names().join(" ")),
        });
        text.push_str(&format!(
            "complete -c {} -l {}{short}{value} -d '{}'\n",
            info.name,
            flag.long,
            fish_quoted(&flag.summary())
        ));
    }
    text
}

fn fish_quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}

fn spellings(flag: &FlagInfo) -> impl Iterator<Item = String> {
    let short = flag.short.map(|letter| format!("-{letter}"));
    short.into_iter().chain([format!("--{}", flag.long)])
}

fn words(all: impl Iterator<Item = String>) -> String {
    all.collect::<Vec<_>>().join(" ")
}
