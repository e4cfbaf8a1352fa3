// English texts of the line-by-line chat.
export const plainEn = {
  'chat.plain.chosen': 'Line by line, because {variable} is set; `pytalk chat --plain` asks for it.',
  'chat.plain.first':
    'Welcome. PyTalk needs a server, and nothing answers at {server}. Type the address of one, if somebody has given it to you. With Enter alone a server starts on this machine, for you and your friends.',
  'chat.plain.which-server': 'Server (Enter alone starts one here): ',
  'chat.plain.first-friend':
    'Whom do you want to write to first? Their name or phone number (Enter to leave it out): ',
  'chat.plain.nobody': 'Nobody is logged in on this device. The server is {server}.',
  'chat.plain.has-account': 'Do you have an account there? [Y/n] ',
  'chat.plain.username': 'Username: ',
  'chat.plain.invite': 'Invitation code (Enter to leave it out): ',
  'chat.plain.hint':
    '/msg NAME opens a conversation, a line of text is sent there. /friend add NAME adds somebody. /help lists the commands, /quit leaves.',
  'chat.plain.unread.one': '{name}: {count} new message, at last: {text}',
  'chat.plain.unread.other': '{name}: {count} new messages, at last: {text}',
  'tour.write.plain':
    '/msg NAME opens a conversation, then each line that you type is sent there. /file PATH sends a picture or any file.',
  'tour.more.plain':
    '/help lists the commands, /set the settings. /tour tells these steps again. /quit leaves.',
  'chat.plain.call-keys': '{text}. /answer takes the call, /hangup declines it.',
  'chat.plain.call-missed': 'you have missed a call from {name}: /call {name} calls back',
  'chat.plain.yes-or-no': 'Type y for yes or n for no; Enter alone is yes.',
  'chat.plain.sent': 'sent',
  'chat.plain.waits': 'not connected: it is sent when the server answers',
  'chat.plain.edited': 'changed',
  'chat.plain.calling': 'Calling {name}… /hangup gives up.',
  'chat.help.reply.plain': 'answer the newest message of the others',
  'chat.help.edit.plain': 'change your newest message; the text is given with it',
  'chat.help.delete.plain': 'delete your newest message',
  'chat.help.react.plain': 'react to the newest message of the others; a second time takes it back',
  'chat.help.vote.plain': 'vote in the newest poll; a second time takes it back',
  'chat.help.save.plain': 'save the newest file',
  'chat.help.open.plain': 'open the newest file with its program',
  'chat.help.show.plain': 'show the whole text of the newest message',
} as const;
