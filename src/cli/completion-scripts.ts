// Writes the completion scripts of bash, zsh and fish from the command table.
import type { Say } from './catalogue/translate.js';
import { completeWord } from './complete-word.js';
import { optionText, summaryOf } from './help.js';
import { commonOptions } from './table/common-options.js';
import type { Completes, CommandSpec, OptionSpec } from './table/spec.js';
import { commands } from './table/table.js';

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const flagsOf = ({ name, short }: OptionSpec): string[] => [
  `--${name}`,
  ...(short === undefined ? [] : [`-${short}`]),
];
/** A kind of value as the scripts carry it: a word, or the words to choose from after `=`. */
const kindOf = (completes: Completes | undefined): string =>
  completes === undefined ? 'none' : typeof completes === 'string' ? completes : `=${completes.join(' ')}`;

const allOptions: readonly OptionSpec[] = [
  ...commonOptions,
  ...commands.flatMap((command) => command.options ?? []),
];
const withValue = [...new Set(allOptions.filter((one) => one.value !== undefined).flatMap(flagsOf))];
const families = [
  ...new Set(commands.filter((one) => one.name.includes(' ')).map((one) => one.name.split(' ')[0] ?? '')),
];

/** `a|b) c=…;;` lines, as both bash and zsh read them. */
function cases(rows: readonly (readonly [pattern: string, assignment: string])[]): string {
  return rows.map(([pattern, assignment]) => `    ${pattern}) ${assignment};;`).join('\n');
}

function firstWords(): string[] {
  return [...new Set(commands.map((command) => command.name.split(' ')[0] ?? ''))];
}

function secondWords(family: string): string[] {
  return commands
    .filter((one) => one.name.startsWith(`${family} `))
    .map((one) => one.name.slice(family.length + 1));
}

/** What may be typed as the nth word after a command; a variadic argument holds for all that follow. */
function argumentRows(command: CommandSpec): (readonly [string, string])[] {
  return (command.args ?? []).map((arg, index) => {
    const position = arg.variadic === true ? `${command.name} *` : `${command.name} ${index}`;
    const pattern = arg.variadic === true ? `${quoted(`${command.name} `)}*` : quoted(position);
    return [pattern, `kind=${quoted(kindOf(arg.completes))}`] as const;
  });
}

/**
 * The part that bash and zsh share. In: `positionals` (words that are no options) and `previous` (the word before).
 * Out: `kind` of value, `options` and `subs` to choose from.
 */
function tables(): string {
  const optionRows = commands.map(
    (command) =>
      [
        quoted(command.name),
        `options=${quoted((command.options ?? []).flatMap(flagsOf).join(' '))}`,
      ] as const,
  );
  const valueRows = commands.flatMap((command) =>
    (command.options ?? [])
      .filter((one) => one.value !== undefined)
      .map(
        (one) =>
          [
            flagsOf(one)
              .map((flag) => quoted(`${command.name} ${flag}`))
              .join('|'),
            `kind=${quoted(kindOf(one.completes))}`,
          ] as const,
      ),
  );
  const commonRows = commonOptions
    .filter((one) => 'value' in one)
    .map(
      (one) =>
        [
          flagsOf(one)
            .map((flag) => `*${quoted(` ${flag}`)}`)
            .join('|'),
          `kind=${quoted(kindOf('completes' in one ? one.completes : undefined))}`,
        ] as const,
    );
  return `  case "$command" in
${cases([['', `subs=${quoted(firstWords().join(' '))}`] as const].map(([, value]) => [`''`, value] as const))}
${cases(families.map((family) => [quoted(family), `subs=${quoted(secondWords(family).join(' '))}`] as const))}
  esac
  case "$command" in
${cases(optionRows)}
  esac
  case "$command $count" in
${cases(commands.flatMap(argumentRows))}
  esac
  case "$command $previous" in
${cases([...valueRows, ...commonRows])}
  esac
  options="$options ${commonOptions.flatMap(flagsOf).join(' ')}"`;
}

/** Splits the words typed so far into command and number of arguments; the same in bash and zsh. */
const walk = `    if [ -n "$skip" ]; then skip=; continue; fi
    case "$word" in
    ${withValue.join('|')}) skip=1;;
    -*) ;;
    *)
      if [ -z "$command" ]; then command=$word
      elif [ "$count" = 0 ]; then
        case "$command $word" in
        ${commands
          .filter((one) => one.name.includes(' '))
          .map((one) => quoted(one.name))
          .join('|')}) command="$command $word";;
        *) count=$((count + 1));;
        esac
      else count=$((count + 1)); fi;;
    esac`;

function bash(): string {
  return `# bash completion for pytalk; made by: pytalk completion bash
_pytalk() {
  # Bash cuts words at "@" as well: the line is split here by spaces alone.
  local line=\${COMP_LINE:0:COMP_POINT} words word previous= skip= command= count=0 kind=none options= subs= list prefix=
  read -ra words <<< "$line"
  local cur=
  if [[ $line == *[![:space:]] ]]; then
    cur=\${words[\${#words[@]}-1]}
    unset "words[\${#words[@]}-1]"
  fi
  for word in "\${words[@]:1}"; do
    previous=$word
${walk}
  done
  if [[ -z $skip ]]; then previous=; fi
${tables()}
  COMPREPLY=()
  if [[ -z $skip && $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
    return
  fi
  case "$kind" in
  path) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")); return;;
  conversation|person|group)
    # A group's "#" would begin a comment: it is typed as \\#.
    if [[ $cur == '\\#'* ]]; then prefix='\\'; cur=\${cur#'\\'}; fi
    list=$("\${words[0]}" ${completeWord} "$kind" "$cur" 2>/dev/null)
    ;;
  '='*) list=\${kind#=};;
  *) list=;;
  esac
  if [[ -z $skip && $count == 0 ]]; then list="$subs $list"; fi
  COMPREPLY=($(compgen -P "$prefix" -W "$list" -- "$cur"))
  # After "@" bash replaces only what follows it.
  if [[ $cur == @* && $COMP_WORDBREAKS == *@* ]]; then COMPREPLY=("\${COMPREPLY[@]#@}"); fi
}
complete -F _pytalk pytalk
`;
}

function zsh(say: Say): string {
  const summaries = commands.map((command) => `    ${quoted(`${command.name}:${summaryOf(command, say)}`)}`);
  return `#compdef pytalk
# zsh completion for pytalk; made by: pytalk completion zsh
_pytalk() {
  local word previous= skip= command= count=0 kind=none options= subs=
  local -a list shown summaries
  summaries=(
${summaries.join('\n')}
  )
  for word in "\${(@Q)words[2,CURRENT-1]}"; do
    previous=$word
${walk}
  done
  [[ -z $skip ]] && previous=
${tables()}
  if [[ -z $skip && $PREFIX == -* ]]; then
    compadd -- \${=options}
    return
  fi
  case "$kind" in
  path) _files; return;;
  conversation|person|group) list=(\${(f)"$("\${words[1]}" ${completeWord} "$kind" "\${(Q)PREFIX}" 2>/dev/null)"});;
  '='*) list=(\${=kind#=});;
  esac
  if [[ -z $skip && $count == 0 && -n $subs ]]; then
    for word in \${=subs}; do
      shown+=("$word:\${\${summaries[(r)\${command:+$command }$word:*]}#*:}")
    done
    _describe command shown
  fi
  (( $#list )) && compadd -- $list
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _pytalk "$@"; else compdef _pytalk pytalk; fi
`;
}

function fishChoices(completes: Completes | undefined): string {
  if (completes === undefined) return '';
  if (completes === 'path') return ' -F';
  if (typeof completes === 'string') {
    return ` -a ${quoted(`(pytalk ${completeWord} ${completes} (commandline -ct))`)}`;
  }
  return ` -a ${quoted(completes.join(' '))}`;
}

function fish(say: Say): string {
  const lines: string[] = [];
  for (const word of firstWords()) {
    const command = commands.find((one) => one.name === word);
    const text = command === undefined ? secondWords(word).join(', ') : summaryOf(command, say);
    lines.push(`complete -c pytalk -n "__pytalk_at '' 0" -a ${word} -d ${quoted(text)}`);
  }
  for (const command of commands) {
    const [word = '', sub] = command.name.split(' ');
    if (sub !== undefined) {
      lines.push(
        `complete -c pytalk -n "__pytalk_at ${word} 0" -a ${sub} -d ${quoted(summaryOf(command, say))}`,
      );
    }
    for (const [index, arg] of (command.args ?? []).entries()) {
      const choices = fishChoices(arg.completes);
      const position = arg.variadic === true ? `${index}+` : `${index}`;
      if (choices !== '')
        lines.push(`complete -c pytalk -n "__pytalk_at '${command.name}' ${position}"${choices}`);
    }
    for (const option of command.options ?? []) {
      lines.push(`complete -c pytalk -n "__pytalk_in '${command.name}'"${fishOption(command, option, say)}`);
    }
  }
  for (const option of commonOptions) lines.push(`complete -c pytalk${fishOption(null, option, say)}`);
  return `# fish completion for pytalk; made by: pytalk completion fish
function __pytalk_words
  set -l command; set -l count 0; set -l skip
  for word in (commandline -opc)[2..]
    if set -q skip[1]; set -e skip[1]; continue; end
    switch $word
      case ${withValue.join(' ')}
        set skip 1
      case '-*'
      case '*'
        if test -z "$command"; set command $word
        else if test $count = 0; and contains -- "$command $word" ${commands
          .filter((one) => one.name.includes(' '))
          .map((one) => quoted(one.name))
          .join(' ')}
          set command "$command $word"
        else; set count (math $count + 1); end
    end
  end
  echo $command; echo $count
end
function __pytalk_at
  set -l at (__pytalk_words)
  test "$at[1]" = "$argv[1]"; or return 1
  string match -q '*+' -- $argv[2]; and test $at[2] -ge (string trim -r -c + -- $argv[2]); and return 0
  test "$at[2]" = "$argv[2]"
end
function __pytalk_in
  set -l at (__pytalk_words)
  test "$at[1]" = "$argv[1]"
end
complete -c pytalk -f
${lines.join('\n')}
`;
}

function fishOption(command: CommandSpec | null, option: OptionSpec, say: Say): string {
  const short = option.short === undefined ? '' : ` -s ${option.short}`;
  const value =
    option.value === undefined
      ? ''
      : ` ${option.completes === 'path' ? '-r' : '-x'}${fishChoices(option.completes)}`;
  return ` -l ${option.name}${short}${value} -d ${quoted(optionText(command, option, say))}`;
}

/** The script for a shell; null when there is none for it. */
export function completionScript(shell: string, say: Say): string | null {
  if (shell === 'bash') return bash();
  if (shell === 'zsh') return zsh(say);
  return shell === 'fish' ? fish(say) : null;
}
