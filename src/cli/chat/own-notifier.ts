// The notifier of the running chat: what it asks about the person and the screen.
import { systemTimers } from '../../client/timers.js';
import type { NotificationDevice } from '../notify/device.js';
import { Notifier } from '../notify/notifier.js';
import type { ChatContext } from './context.js';
import { isWatching } from './reduce.js';

export function notifierFor(
  context: Pick<ChatContext, 'state' | 'say'>,
  device: NotificationDevice,
): Notifier {
  return new Notifier({
    device,
    settings: () => context.state.settings,
    say: () => context.say,
    me: () => context.state.me,
    timers: systemTimers,
    isWatched: (conv) => isWatching(context.state, conv),
    isFocused: () => context.state.focused,
  });
}
