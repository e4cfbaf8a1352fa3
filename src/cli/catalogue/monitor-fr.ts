// French texts of monitor and bench.
export const monitorFr = {
  'monitor.missing':
    'le tableau de bord a besoin de blessed-contrib : lancez `npm install blessed blessed-contrib`, ou utilisez --json',
  'monitor.waits': 'en attente des premiers chiffres',
  'monitor.begins': 'PyTalk {version} vient de démarrer : ses premiers chiffres arrivent dans les 5 s',
  'monitor.headline':
    '{version}, actif depuis {uptime} · connexions {connections}, personnes {online} · appels {calls} · écritures {commits}/s · base {database}',
  'monitor.messages': 'Messages/s : {events} reçus, {deliveries} remis',
  'monitor.messages.events': 'reçus',
  'monitor.messages.deliveries': 'remis',
  'monitor.latency': 'Remise ms : p50 {p50}, p95 {p95} ; retard {lag}',
  'monitor.latency.p50': 'p50',
  'monitor.latency.p95': 'p95',
  'monitor.latency.lag': 'boucle',
  'monitor.relay': 'Relais : {packets} paquets/s, {rate}/s',
  'monitor.relay.kilobytes': 'ko/s',
  'monitor.memory': 'Mémoire : {size}',
  'monitor.memory.megabytes': 'Mo',
  'monitor.calls': 'Appels',
  'monitor.no-calls': 'Personne n’est en communication.',
  'monitor.log': 'Journal',
  'monitor.call': 'Appel',
  'monitor.person': 'Personne',
  'monitor.way': 'Voie',
  'monitor.rtt': 'Aller-retour',
  'monitor.loss': 'Pertes',
  'monitor.time': 'Durée',
  'monitor.way.udp': 'UDP',
  'monitor.way.tcp': 'TCP',
  'monitor.way.none': 'aucune',
  'monitor.ms': '{ms} ms',
  'monitor.rings': 'sonne',
  'monitor.keys': 'q quitter · t plage : {minutes} min · g graphiques · Tab autre liste · ↑ ↓ défiler',
  // bench
  'bench.count': '{name} {value} : un entier de 2 à {max}',
  'bench.prepares': 'Démarrage d’un serveur dans {folder}, et de {people} personnes…',
  'bench.runs': 'Elles écrivent pendant {seconds} s, aussi vite que le serveur confirme…',
  'bench.rate': '{rate} messages par seconde de {people} personnes dans un groupe, {deliveries} remises',
  'bench.latency':
    'confirmés, sur le disque, en {p50} ms (la moitié), {p95} ms (95 sur 100), {p99} ms (99 sur 100), {max} ms (tous)',
  'bench.arrived':
    '{arrived} sur {messages} sont arrivés chez une personne qui regardait, dont {twice} deux fois',
} as const;
