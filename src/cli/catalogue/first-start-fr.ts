// French texts of the first start: a server, an account, and the tour.
export const firstStartFr = {
  'chat.form.first':
    'Bienvenue. PyTalk a besoin d’un serveur, et rien ne répond à {server}. On vous a donné l’adresse d’un serveur ? Tapez-la, puis Entrée. Sinon, Entrée sans rien taper : un serveur démarre sur cette machine, pour vous et vos amis.',
  'chat.form.here': 'rien : en démarrer un ici',
  'chat.form.starting': 'Démarrage d’un serveur sur cette machine…',
  'chat.form.to-login-known': 'Vous connaissez votre serveur et avez un compte ? Ctrl+R connecte.',
  'chat.form.started':
    'Votre serveur tourne (processus {pid}), même quand cette discussion est fermée. Ses données sont dans {path}, son journal dans {log} ; `kill {pid}` l’arrête, `pytalk serve` le relance. Créez maintenant votre compte.',
  'chat.form.found': 'Le serveur {server} répond. Créez maintenant votre compte.',
  'chat.found-none': 'Rien ici ne contient « {text} ». Essayez moins de lettres ou un autre mot.',
  'chat.usage.tour': '/tour',
  'chat.help.tour': 'les premiers pas, encore une fois',
  'tour.title': 'Premiers pas',
  'tour.friend.title': 'Faites venir un ami',
  'tour.friend.text':
    'Donnez-lui le serveur {server}, votre nom {name} et votre téléphone {phone}. Il lance pytalk chat, lui aussi.\nPuis ajoutez-vous : /friend add NOM, ou /friend add avec un numéro de téléphone.',
  'tour.write.title': 'Écrivez',
  'tour.write.text':
    '/msg NOM ouvre une discussion ; tapez, puis Entrée. Tab va à la liste et revient, Alt+A à ce qui est non lu. /file envoie une image ou un fichier.',
  'tour.call.title': 'Appelez',
  'tour.call.text':
    '/video appelle avec images, /call avec le son seul, /answer prend un appel, /hangup raccroche.',
  'tour.more.title': 'Et tout le reste',
  'tour.more.text':
    'Une barre oblique montre les commandes, /help les explique avec les touches, /set montre les réglages. /tour montre encore cette page. Ctrl+Q quitte.',
} as const;
