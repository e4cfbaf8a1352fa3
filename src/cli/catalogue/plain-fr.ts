// French texts of the line-by-line chat.
export const plainFr = {
  'chat.plain.chosen': 'Ligne par ligne, car {variable} est défini ; `pytalk chat --plain` le demande aussi.',
  'chat.plain.first':
    'Bienvenue. PyTalk a besoin d’un serveur, et rien ne répond à {server}. Tapez l’adresse d’un serveur, si on vous en a donné une. Avec Entrée seule, un serveur démarre sur cette machine, pour vous et vos amis.',
  'chat.plain.which-server': 'Serveur (Entrée seule en démarre un ici) : ',
  'chat.plain.first-friend':
    'À qui voulez-vous écrire en premier ? Son nom ou son téléphone (Entrée pour l’omettre) : ',
  'chat.plain.nobody': 'Personne n’est connecté sur cet appareil. Le serveur est {server}.',
  'chat.plain.has-account': 'Y avez-vous un compte ? [O/n] ',
  'chat.plain.username': 'Nom d’utilisateur : ',
  'chat.plain.invite': 'Code d’invitation (Entrée pour l’omettre) : ',
  'chat.plain.hint':
    '/msg NOM ouvre une conversation, une ligne de texte y est envoyée. /friend add NOM ajoute quelqu’un. /help donne les commandes, /quit quitte.',
  'chat.plain.unread.one': '{name} : {count} nouveau message, en dernier : {text}',
  'chat.plain.unread.other': '{name} : {count} nouveaux messages, en dernier : {text}',
  'tour.write.plain':
    '/msg NOM ouvre une discussion, puis chaque ligne tapée y est envoyée. /file CHEMIN envoie une image ou un fichier.',
  'tour.more.plain': '/help donne les commandes, /set les réglages. /tour redit ces étapes. /quit quitte.',
  'chat.plain.call-keys': '{text}. /answer prend l’appel, /hangup le refuse.',
  'chat.plain.call-missed': 'vous avez manqué un appel de {name} : /call {name} rappelle',
  'chat.plain.yes-or-no': 'Tapez o pour oui ou n pour non ; Entrée seule veut dire oui.',
  'chat.plain.sent': 'envoyé',
  'chat.plain.waits': 'hors ligne : ce sera envoyé quand le serveur répondra',
  'chat.plain.edited': 'modifié',
  'chat.plain.calling': 'Appel de {name}… /hangup abandonne.',
  'chat.help.reply.plain': 'répondre au dernier message des autres',
  'chat.help.edit.plain': 'modifier votre dernier message ; le texte suit la commande',
  'chat.help.delete.plain': 'supprimer votre dernier message',
  'chat.help.react.plain': 'réagir au dernier message des autres ; une seconde fois annule',
  'chat.help.vote.plain': 'voter dans le dernier sondage ; une seconde fois annule',
  'chat.help.save.plain': 'enregistrer le dernier fichier',
  'chat.help.open.plain': 'ouvrir le dernier fichier avec son programme',
  'chat.help.show.plain': 'afficher tout le texte du dernier message',
} as const;
