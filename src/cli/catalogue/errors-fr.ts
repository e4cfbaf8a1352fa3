// French sentences of every error code.
export const errorsFr = {
  'error.bad-frame': 'les données reçues ne forment pas une trame PyTalk',
  'error.frame-too-long': 'une trame de {bytes} octets dépasse la limite de {max}',
  'error.bad-json': 'une trame contient du texte qui n’est pas du JSON valide',
  'error.unknown-type': 'il n’existe pas de requête {type}',
  'error.invalid': 'le champ {field} manque ou est incorrect : {reason}',
  'error.too-slow': 'la connexion a été fermée car elle ne recevait pas ses données assez vite',
  'error.unsupported-version':
    'l’autre côté parle le protocole {theirs}, celui-ci le protocole {ours} : mettez à jour le plus ancien',
  'error.not-logged-in': 'connectez-vous d’abord',
  'error.login-refused': 'nom d’utilisateur ou mot de passe incorrect',
  'error.session-ended': 'cet appareil a été déconnecté : connectez-vous de nouveau',
  'error.account-disabled': 'un administrateur a désactivé ce compte',
  'error.registration-closed':
    'ce serveur n’accepte pas de nouveaux comptes : adressez-vous à son administrateur',
  'error.invite-invalid':
    'le code d’invitation est absent, incorrect ou déjà utilisé : demandez-en un à l’administrateur',
  'error.reset-code-invalid':
    'le code de réinitialisation est incorrect, déjà utilisé ou expiré : demandez-en un autre à l’administrateur',
  'error.rate-limited': 'trop de tentatives : réessayez dans {seconds} s',
  'error.invalid-username':
    'un nom d’utilisateur comporte de 2 à 32 lettres, chiffres, points, tirets ou tirets bas',
  'error.invalid-group-name':
    'un nom de groupe comporte de 2 à 32 lettres, chiffres, points, tirets ou tirets bas',
  'error.invalid-phone':
    'un numéro de téléphone comporte exactement 10 chiffres ; +33 vaut le premier 0, aucun autre indicatif de pays ne convient',
  'error.invalid-email': 'ce n’est pas une adresse électronique',
  'error.invalid-person-name':
    'un nom ne peut être ni vide, ni contenir de caractères de contrôle, ni dépasser 64 caractères',
  'error.invalid-emoji': 'une réaction est un seul émoji',
  'error.invalid-text': 'un message ne peut être ni vide ni dépasser {max} caractères',
  'error.weak-password': 'un mot de passe comporte au moins {min} caractères',
  'error.name-taken': 'le nom {name} est déjà pris',
  'error.phone-taken': 'ce numéro de téléphone est utilisé ou a été libéré il y a moins de 30 jours',
  'error.user-not-found': 'il n’y a pas d’utilisateur {name}',
  'error.phone-not-found': 'personne ici n’a ce numéro de téléphone',
  'error.conversation-not-found':
    'il n’y a pas d’utilisateur ni de groupe {name}, ou vous n’en faites pas partie',
  'error.message-not-found': 'il n’y a pas de message {id} dans vos conversations',
  'error.file-not-found': 'le fichier n’est pas ici, ou n’y est plus, ou vous ne pouvez pas le récupérer',
  'error.not-a-member': '{name} n’est pas membre du groupe',
  'error.already-member': '{name} est déjà membre',
  'error.not-in-group': 'vous n’êtes plus membre de ce groupe',
  'error.not-group-admin': 'seul un administrateur du groupe peut faire cela',
  'error.contacts-full': 'on peut avoir au plus {max} contacts',
  'error.group-full': 'un groupe compte au plus {max} membres',
  'error.groups-full': '{name} fait partie de {max} groupes et ne peut pas en avoir davantage',
  'error.not-a-group': 'ce n’est pas un groupe',
  'error.not-a-poll': 'ce message n’est pas un sondage, ou n’a pas cette option',
  'error.not-yours': 'seul l’auteur (ou un administrateur du groupe, pour supprimer) peut faire cela',
  'error.blocked': 'les messages entre vous et {name} sont bloqués',
  'error.yourself': 'vous ne pouvez pas vous faire cela à vous-même',
  'error.id-taken': 'un autre message porte déjà cet identifiant',
  'error.file-too-large': 'le fichier fait {bytes} octets, le serveur en accepte au plus {max}',
  'error.quota-exceeded':
    'vos fichiers feraient {bytes} octets, le serveur en accorde {max} à chaque personne',
  'error.not-administrator':
    'réservé aux administrateurs : `pytalk admin grant UTILISATEUR` sur le serveur en nomme un',
  'error.not-running':
    'aucun serveur ne tourne avec les données de {path} : démarrez-le, ou nommez-le avec --server',
  'error.file-corrupt': 'le fichier reçu ne correspond pas à son empreinte SHA-256',
  'error.too-many-transfers': 'au plus {max} transferts à la fois',
  'error.bad-picture': 'l’image est illisible : {reason}',
  'error.file-unreadable': 'impossible de lire {path} : {reason}',
  'error.file-unwritable': 'impossible d’écrire {path} : {reason}',
  'error.web-failed': 'la page ne peut pas s’ouvrir sur le port {port} : {reason}',
  'error.file-exists': '{path} existe déjà : indiquez un autre fichier',
  'error.call-not-found': 'cet appel est terminé, ou vous n’y participez pas',
  'error.call-lost':
    'le serveur ne connaît plus cet appel : il a redémarré, ou cet appareil a été absent trop longtemps',
  'error.call-running': 'un appel est déjà en cours dans cette conversation : répondez-y',
  'error.call-full': 'un appel réunit au plus {max} participants',
  'error.call-too-many':
    'un groupe de {members} personnes est trop grand pour être appelé d’un coup : nommez au plus {max} personnes',
  'error.call-nobody': 'il n’y a personne à appeler dans cette conversation',
  'error.in-call': 'cet appareil est déjà en communication : raccrochez d’abord',
  'error.key-invalid':
    'la clé d’appel de {name} n’est pas signée par son identité : le serveur écoute peut-être, l’appel a donc été coupé',
  'error.key-changed':
    'la clé d’identité de {name} a changé : comparez les numéros de sécurité avec `pytalk verify {name}`, puis rappelez',
  'error.camera-failed': 'impossible d’utiliser la caméra {camera} : {reason}',
  'error.microphone-failed': 'impossible d’utiliser le micro {microphone} : {reason}',
  'error.speaker-failed': 'impossible d’utiliser le haut-parleur {speaker} : {reason}',
  'error.ffmpeg-missing':
    'il faut ffmpeg pour cela et il est introuvable : installez-le, ou indiquez-le avec --ffmpeg',
  'error.disk-full': 'le serveur ne peut pas l’enregistrer : son disque est plein',
  'error.storage-failed': 'le serveur ne peut pas l’enregistrer : {reason}',
  'error.server-full': 'le serveur a autant de connexions qu’il en accepte : réessayez plus tard',
  'error.stopping': 'le serveur s’arrête',
  'error.internal': 'une erreur s’est produite dans le serveur ; son journal en dit plus',
  'error.unreachable': 'impossible de joindre {server} : {reason}',
  'error.timeout': 'pas de réponse après {seconds} s',
  'error.disconnected': 'la connexion au serveur a été perdue',
  'error.certificate-changed':
    'le certificat de {server} a changé. Si son responsable l’a voulu, lancez `pytalk login` avec --fingerprint {fingerprint} ; sinon, quelqu’un écoute peut-être',
  'error.certificate-mismatch':
    'le certificat de {server} est {fingerprint}, ce n’est pas celui donné par --fingerprint',
  'error.tls-needed':
    '{server} ne parle pas TLS ; joignez-le avec --no-tls si vous avez confiance dans le réseau qui vous en sépare',
  'error.home-locked':
    'un autre pytalk (processus {pid}) utilise {path} : terminez-le, ou nommez un autre dossier avec {option}',
  'error.home-unusable': 'impossible d’utiliser {path} : {reason}',
  'error.sqlite-missing':
    'aucun pilote SQLite ne fonctionne ici : installez @appthreat/sqlite3, ou utilisez Node 22.13 ou plus récent',
  'error.database-newer': 'la base de données {path} vient d’un PyTalk plus récent : mettez celui-ci à jour',
  'error.database-damaged': 'la base de données {path} est endommagée ({reason}) : restaurez une sauvegarde',
  'error.recovery-key-invalid': 'cette clé de récupération ne correspond pas à ce compte',
  'error.service-unsupported':
    'PyTalk ne sait pas installer de service sur ce système ; à la main : {command}',
  'error.service-failed': 'le service n’est pas en place : {program} : {reason}',
  'error.service-missing': 'ce service n’existe pas ici : {path} est absent',
  'error.server-not-started': 'le serveur n’a pas démarré : {reason}. Son journal : {path}',
  'error.offline': 'hors connexion, et cela ne peut pas attendre : réessayez quand le serveur répondra',
  'error.cancelled': 'annulé',
  'error.closed': 'ce client est fermé',
  'error.usage': '{reason}',
} as const;
