// English texts of the line-by-line chat.
export const plainEn = {
  'chat.plain.chosen': 'Line by line, because {variable} is set; `pytalk chat --plain` asks for it.',
  'chat.plain.nobody': 'Nobody is logged in on this device. The server is {server}.',
  'chat.plain.has-account': 'Do you have an account there? [y/n] ',
  'chat.plain.username': 'Username: ',
  'chat.plain.invite': 'Invitation code (Enter to leave it out): ',
  'chat.plain.hint':
    '/msg NAME opens a conversation, a line of text is sent there. /friend add NAME adds somebody. /help lists the commands, /quit leaves.',
  'chat.plain.unread.one': '{name}: {count} new message, at last: {text}',
  'chat.plain.unread.other': '{name}: {count} new messages, at last: {text}',
  'chat.plain.call-keys': '{text}. /answer takes the call, /hangup declines it.',
  'chat.plain.call-missed': 'you have missed a call from {name}: /call {name} calls back',
} as const;
