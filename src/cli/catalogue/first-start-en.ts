// English texts of the first start: a server, an account, and the tour.
export const firstStartEn = {
  'chat.form.first':
    'Welcome. PyTalk needs a server, and nothing answers at {server}. Has somebody given you the address of one? Type it and press Enter. Else press Enter with nothing typed: a server starts on this machine, for you and your friends.',
  'chat.form.here': 'nothing: start one here',
  'chat.form.starting': 'Starting a server on this machine…',
  'chat.form.to-login-known': 'You know your server and have an account? Ctrl+R logs in.',
  'chat.form.started':
    'Your server runs (process {pid}), also when this chat is closed. Its data is in {path}, its log in {log}; `kill {pid}` stops it, `pytalk serve` starts it again. Now make your account on it.',
  'chat.form.found': 'The server {server} answers. Now make your account on it.',
  'chat.found-none': 'Nothing here has “{text}”. Try fewer letters or another word.',
  'chat.usage.tour': '/tour',
  'chat.help.tour': 'the first steps, once more',
  'tour.title': 'First steps',
  'tour.friend.title': 'Bring a friend',
  'tour.friend.text':
    'Tell them the server {server}, your name {name} and your phone number {phone}. They run pytalk chat, too.\nThen add each other: /friend add NAME, or /friend add with a phone number.',
  'tour.write.title': 'Write',
  'tour.write.text':
    '/msg NAME opens a conversation; type and press Enter. Tab goes to the list and back, Alt+A to what is unread. /file sends a picture or any file.',
  'tour.call.title': 'Call',
  'tour.call.text':
    '/video calls with pictures, /call with sound alone, /answer takes a call, /hangup ends it.',
  'tour.more.title': 'Everything else',
  'tour.more.text':
    'A slash lists the commands, /help explains them with the keys, /set shows the settings. /tour shows this page again. Ctrl+Q leaves.',
} as const;
