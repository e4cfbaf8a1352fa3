// The one table of keys: what each does where. Help is made from it.
import { isKey, type Key, type Say } from '../catalogue/translate.js';
import type { EditName } from './text-buffer.js';

/** Where a key has its meaning; `any` holds everywhere that has no meaning of its own for it. */
export type Place = 'composer' | 'list' | 'page' | 'form' | 'any';

export type Command =
  | EditName
  | 'undo'
  | 'redo'
  | 'yank'
  | 'paste-picture'
  | 'send'
  | 'up'
  | 'down'
  | 'complete'
  | 'complete-back'
  | 'cancel'
  | 'scroll-up'
  | 'scroll-down'
  | 'scroll-end'
  | 'select-up'
  | 'select-down'
  | 'next-conversation'
  | 'previous-conversation'
  | 'next-unread'
  | 'nth-conversation'
  | 'list-up'
  | 'list-down'
  | 'list-open'
  | 'to-composer'
  | 'page-up'
  | 'page-down'
  | 'page-line-up'
  | 'page-line-down'
  | 'page-enter'
  | 'page-close'
  | 'field-next'
  | 'field-previous'
  | 'form-enter'
  | 'form-switch'
  | 'call'
  | 'call-sound'
  | 'call-end'
  | 'call-camera'
  | 'call-softer'
  | 'call-louder'
  | 'call-screen'
  | 'help'
  | 'redraw'
  | 'interrupt'
  | 'suspend'
  | 'quit';

export interface Binding {
  readonly place: Place;
  readonly keys: readonly string[];
  readonly does: Command;
  /** In `/help`; rows without are known to everybody, or shown where they hold. */
  readonly help?: Key;
}

const editing: readonly Omit<Binding, 'place'>[] = [
  { keys: ['left', 'ctrl+b'], does: 'left' },
  { keys: ['right', 'ctrl+f'], does: 'right' },
  { keys: ['alt+b', 'ctrl+left', 'alt+left'], does: 'word-left', help: 'chat.key.word-left' },
  { keys: ['alt+f', 'ctrl+right', 'alt+right'], does: 'word-right', help: 'chat.key.word-right' },
  { keys: ['ctrl+a', 'home'], does: 'line-start', help: 'chat.key.line-start' },
  { keys: ['ctrl+e', 'end'], does: 'line-end', help: 'chat.key.line-end' },
  { keys: ['backspace', 'shift+backspace'], does: 'delete-left' },
  { keys: ['delete', 'ctrl+d'], does: 'delete-right' },
  {
    keys: ['ctrl+w', 'alt+backspace', 'ctrl+backspace'],
    does: 'delete-word-left',
    help: 'chat.key.delete-word',
  },
  { keys: ['alt+d', 'ctrl+delete'], does: 'delete-word-right' },
  { keys: ['ctrl+u'], does: 'delete-to-line-start', help: 'chat.key.delete-to-start' },
  { keys: ['ctrl+k'], does: 'delete-to-line-end', help: 'chat.key.delete-to-end' },
];

function at(place: Place, rows: readonly Omit<Binding, 'place'>[]): readonly Binding[] {
  return rows.map((row) => ({ ...row, place }));
}

export const bindings: readonly Binding[] = [
  ...at('composer', [
    { keys: ['enter'], does: 'send', help: 'chat.key.send' },
    { keys: ['alt+enter', 'ctrl+j', 'shift+enter', 'ctrl+enter'], does: 'newline', help: 'chat.key.newline' },
    { keys: ['up'], does: 'up', help: 'chat.key.history' },
    { keys: ['down'], does: 'down' },
    { keys: ['tab'], does: 'complete', help: 'chat.key.complete' },
    { keys: ['shift+tab'], does: 'complete-back' },
    { keys: ['ctrl+_'], does: 'undo', help: 'chat.key.undo' },
    { keys: ['alt+r'], does: 'redo', help: 'chat.key.redo' },
    { keys: ['ctrl+y'], does: 'yank', help: 'chat.key.yank' },
    { keys: ['ctrl+v'], does: 'paste-picture', help: 'chat.key.paste-picture' },
    ...editing,
  ]),
  ...at('list', [
    { keys: ['up'], does: 'list-up' },
    { keys: ['down'], does: 'list-down' },
    { keys: ['enter', 'right'], does: 'list-open' },
    { keys: ['tab', 'escape', 'shift+tab'], does: 'to-composer' },
    { keys: ['backspace'], does: 'delete-left' },
    { keys: ['ctrl+u'], does: 'delete-to-line-start' },
    { keys: ['ctrl+w', 'alt+backspace'], does: 'delete-word-left' },
  ]),
  ...at('page', [
    { keys: ['up', 'k'], does: 'page-line-up' },
    { keys: ['down', 'j'], does: 'page-line-down' },
    { keys: ['enter'], does: 'page-enter' },
    { keys: ['pageup', 'b'], does: 'page-up' },
    { keys: ['pagedown', ' '], does: 'page-down' },
    { keys: ['escape', 'q', 'tab'], does: 'page-close' },
  ]),
  ...at('form', [
    { keys: ['enter'], does: 'form-enter' },
    { keys: ['tab', 'down'], does: 'field-next' },
    { keys: ['shift+tab', 'up'], does: 'field-previous' },
    { keys: ['ctrl+r', 'f2'], does: 'form-switch' },
    ...editing,
  ]),
  ...at('any', [
    { keys: ['pageup'], does: 'scroll-up', help: 'chat.key.scroll' },
    { keys: ['pagedown'], does: 'scroll-down' },
    { keys: ['ctrl+end', 'alt+>'], does: 'scroll-end', help: 'chat.key.scroll-end' },
    { keys: ['ctrl+up', 'alt+k'], does: 'select-up', help: 'chat.key.select' },
    { keys: ['ctrl+down', 'alt+j'], does: 'select-down' },
    { keys: ['alt+down', 'ctrl+n'], does: 'next-conversation', help: 'chat.key.switch' },
    { keys: ['alt+up', 'ctrl+p'], does: 'previous-conversation' },
    { keys: ['alt+a'], does: 'next-unread', help: 'chat.key.next-unread' },
    {
      keys: ['alt+1', 'alt+2', 'alt+3', 'alt+4', 'alt+5', 'alt+6', 'alt+7', 'alt+8', 'alt+9'],
      does: 'nth-conversation',
      help: 'chat.key.nth',
    },
    { keys: ['f2'], does: 'call', help: 'chat.key.call' },
    { keys: ['f3'], does: 'call-sound', help: 'chat.key.call-sound' },
    { keys: ['f4'], does: 'call-end', help: 'chat.key.call-end' },
    { keys: ['f5'], does: 'call-camera', help: 'chat.key.call-camera' },
    { keys: ['f6'], does: 'call-softer', help: 'chat.key.call-softer' },
    { keys: ['f7'], does: 'call-louder' },
    { keys: ['f8'], does: 'call-screen', help: 'chat.key.call-screen' },
    { keys: ['escape'], does: 'cancel', help: 'chat.key.cancel' },
    { keys: ['f1', 'alt+h'], does: 'help', help: 'chat.key.help' },
    { keys: ['ctrl+l'], does: 'redraw', help: 'chat.key.redraw' },
    { keys: ['ctrl+c'], does: 'interrupt', help: 'chat.key.interrupt' },
    { keys: ['ctrl+z'], does: 'suspend' },
    { keys: ['ctrl+q'], does: 'quit', help: 'chat.key.quit' },
  ]),
];

/** What keys that hold everywhere may do while somebody logs in. */
export const formCommands: ReadonlySet<string> = new Set([
  'field-next',
  'field-previous',
  'form-enter',
  'form-switch',
  'redraw',
  'interrupt',
  'suspend',
  'quit',
]);

/** Keys that have a name instead of a letter; arrows have a sign. */
const arrows: Readonly<Record<string, string>> = { up: '↑', down: '↓', left: '←', right: '→' };

/** A key as it is printed: `ctrl+a` is `Ctrl+A`, `escape` the name on the keyboards of the reader's language. */
export function keyText(key: string, say: Say): string {
  const partText = (part: string): string => {
    const name = `chat.key-name.${part}`;
    return arrows[part] ?? (isKey(name) ? say(name) : part.toUpperCase());
  };
  return key.split('+').map(partText).join('+');
}
