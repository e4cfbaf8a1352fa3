// French texts of the settings and of the commands that change them.

export const settingsFr = {
  'setting.theme':
    'Les couleurs : selon ce que dit le terminal, pour un fond sombre ou clair, à fort contraste, seulement les 16 du terminal, ou aucune.',
  'setting.lang': 'La langue ; auto prend celle du système.',
  'setting.timeFormat': 'L’heure comme 14:05 ou comme 2:05 pm ; auto fait comme le système.',
  'setting.notifyTerminal': 'Les notifications du terminal, là où il en a.',
  'setting.notifyDesktop': 'Les notifications du bureau, là où le terminal n’en a pas.',
  'setting.notifyBell': 'La cloche du terminal à chaque nouveau message.',
  'setting.notifyPreview': 'Les notifications montrent ce qui est écrit.',
  'setting.notifyGroups':
    'Les groupes notifient tous les messages, ou seulement ceux qui vous nomment (@vous).',
  'setting.doNotDisturb': 'Ni notification ni cloche : off, on, ou les heures de chaque jour.',
  'setting.ringBell': 'La cloche du terminal pendant qu’un appel sonne.',
  'setting.readReceipts': 'Les autres savent ce que vous avez lu.',
  'setting.typing': 'Les autres savent que vous leur écrivez.',
  'setting.keyMode': 'Les touches de la saisie : comme Emacs et le shell, ou comme vim.',
  'setting.keys': 'Vos propres touches : chacune avec la commande qu’elle lance.',
  'setting.camera':
    'Votre caméra pour les appels et les photos, comme après --camera ; `pytalk devices` montre celles de cette machine.',
  'setting.mic': 'Votre micro pour les appels, comme après --mic.',
  'setting.speaker': 'Votre haut-parleur pour les appels, comme après --speaker.',
  'setting.mouse':
    'La souris choisit et fait défiler, et sélectionne du texte avec Maj ; sinon elle sélectionne comme dans le shell.',
  'setting.pictures':
    'Comment les images sont dessinées : auto, aussi bien que le terminal le peut ; en pixels (kitty, sixel, iterm2) ; en demi-blocs ; ou pas du tout.',

  'settings.title': 'Réglages',
  'settings.how': '/set NOM VALEUR en change un, aussitôt et pour de bon. Le fichier : {path}',
  'settings.now': '{key} vaut {value}',
  'settings.one': '{key} vaut {value} (au choix : {allowed}). {about}',
  'settings.star': '* marque ce qui n’est pas comme au début.',
  'settings.values': 'au choix : {allowed}',
  'settings.unknown': 'il n’y a pas de réglage {key} : /set les montre',
  'settings.not-allowed': '{key} ne peut pas valoir {value} : au choix {allowed}',
  'settings.unreadable': '{path} est illisible ({reason}) : chaque réglage a sa valeur d’origine',
  'settings.wrong-value':
    '{path} : {key} ne peut pas valoir {value} : au choix {allowed} ; {used} est utilisé',
  'notify.messages.one': '{count} nouveau message',
  'notify.messages.other': '{count} nouveaux messages',
  'chat.usage.set': '/set [NOM [VALEUR]]',
  'chat.help.set': 'montrer tous les réglages, ou en changer un',
  'chat.usage.theme': '/theme auto|dark|light|contrast|16|none',
  'chat.help.theme': 'changer les couleurs',
  'chat.usage.lang': '/lang auto|en|fr',
  'chat.help.lang': 'changer de langue',
} as const;
