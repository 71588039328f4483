//! Completions for bash, zsh and fish.

use super::{Among, Fact, Page};

/// The file bash sources.
pub fn bash(page: &Page) -> String {
    let function = page.name.replace('-', "_");
    let longs = words(page.flags.iter().flat_map(spellings));
    let mut text = format!(
        "# bash completion of {name}; made from the table of flags.\n_{function}() {{\n    \
         local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}\n    \
         COMPREPLY=()\n    case $before in\n",
        name = page.name
    );
    for fact in &page.flags {
        let Some(value) = fact.value else { continue };
        let pattern = words(spellings(fact)).replace(' ', "|");
        let answer = bash_answer(value.among);
        text.push_str(&format!("    {pattern}) {answer}; return ;;\n"));
    }
    text.push_str("    esac\n    case $word in\n");
    text.push_str(&format!(
        "    -*) mapfile -t COMPREPLY < <(compgen -W '{longs}' -- \"$word\"); return ;;\n    esac\n"
    ));
    if !page.commands.is_empty() {
        let names = words(page.commands.iter().map(|command| command.name.to_owned()));
        text.push_str(&format!(
            "    if ((COMP_CWORD == 1)); then\n        mapfile -t COMPREPLY < <(compgen -W \
             '{names}' -- \"$word\"); return\n    fi\n    case ${{COMP_WORDS[1]}} in\n"
        ));
        for command in page.commands {
            let answer = bash_answer(command.among);
            text.push_str(&format!("    {}) {answer} ;;\n", command.name));
        }
        text.push_str("    esac\n");
    } else if let Some(among) = page.operands {
        text.push_str(&format!("    {}\n", bash_answer(among)));
    }
    text.push_str(&format!("}}\ncomplete -F _{function} {}\n", page.name));
    text
}

fn bash_answer(among: Among) -> String {
    match among {
        Among::Any => ":".to_owned(),
        Among::Files => "mapfile -t COMPREPLY < <(compgen -f -- \"$word\")".to_owned(),
        Among::Names(names) => {
            format!("mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$word\")", names().join(" "))
        }
        Among::Users => "local IFS=$'\\n'; mapfile -t COMPREPLY < <(compgen -W \"$(mtp-users \
                         names 2>/dev/null)\" -- \"$word\")"
            .to_owned(),
    }
}

/// The file zsh autoloads.
pub fn zsh(page: &Page) -> String {
    let mut text = format!(
        "#compdef {}\n# zsh completion; made from the table of flags.\n_arguments -s -S \\\n",
        page.name
    );
    for fact in &page.flags {
        let brief = zsh_quoted(fact.brief);
        let value = fact.value.map_or_else(String::new, |value| {
            format!(":{}:{}", value.name, zsh_answer(value.among))
        });
        let equals = if fact.value.is_some() { "=" } else { "" };
        text.push_str(&format!("  '--{}{equals}[{brief}]{value}' \\\n", fact.long));
        if let Some(letter) = fact.short {
            text.push_str(&format!("  '-{letter}[{brief}]{value}' \\\n"));
        }
    }
    if page.commands.is_empty() {
        let among = page
            .operands
            .map_or_else(String::new, |among| format!("  '*:operand:{}'\n", zsh_answer(among)));
        text.push_str(&among);
    } else {
        let names = page
            .commands
            .iter()
            .map(|command| format!("{}\\:\"{}\"", command.name, zsh_quoted(command.brief)));
        text.push_str(&format!("  '1:command:(({}))' \\\n", words(names)));
        text.push_str(&format!("  '*:operand:{}'\n", zsh_answer(Among::Users)));
    }
    text
}

fn zsh_answer(among: Among) -> String {
    match among {
        Among::Any => " ".to_owned(),
        Among::Files => "_files".to_owned(),
        Among::Names(names) => format!("({})", names().join(" ")),
        Among::Users => "{compadd -- ${(f)\"$(mtp-users names 2>/dev/null)\"}}".to_owned(),
    }
}

fn zsh_quoted(text: &str) -> String {
    text.replace('\'', "'\\''").replace('[', "\\[").replace(']', "\\]").replace(':', "\\:")
}

/// The file fish reads.
pub fn fish(page: &Page) -> String {
    let mut text = format!("# fish completion of {}; made from the table of flags.\n", page.name);
    let only_flags = page.operands.is_none() || !page.commands.is_empty();
    if only_flags {
        text.push_str(&format!("complete -c {} -f\n", page.name));
    }
    for command in page.commands {
        text.push_str(&format!(
            "complete -c {} -n __fish_use_subcommand -a {} -d '{}'\n",
            page.name,
            command.name,
            fish_quoted(command.brief)
        ));
        if matches!(command.among, Among::Users) {
            text.push_str(&format!(
                "complete -c {} -n '__fish_seen_subcommand_from {}' -a '(mtp-users names \
                 2>/dev/null)'\n",
                page.name, command.name
            ));
        }
    }
    for fact in &page.flags {
        let short = fact.short.map_or_else(String::new, |letter| format!(" -s {letter}"));
        let value = fact.value.map_or_else(String::new, |value| match value.among {
            Among::Any | Among::Users => " -x".to_owned(),
            Among::Files => " -r -F".to_owned(),
            Among::Names(names) => format!(" -x -a '{}'", names().join(" ")),
        });
        text.push_str(&format!(
            "complete -c {} -l {}{short}{value} -d '{}'\n",
            page.name,
            fact.long,
            fish_quoted(fact.brief)
        ));
    }
    text
}

fn fish_quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}

fn spellings(fact: &Fact) -> impl Iterator<Item = String> {
    let short = fact.short.map(|letter| format!("-{letter}"));
    short.into_iter().chain([format!("--{}", fact.long)])
}

fn words(all: impl Iterator<Item = String>) -> String {
    all.collect::<Vec<_>>().join(" ")
}
