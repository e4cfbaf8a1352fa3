// What stands for a value in help: the table's names in capitals, in the reader's language.
import type { Lang } from './translate.js';

/** By the English word; a test sees to it that every word of the table has its own. */
export const placeholdersFr: Readonly<Record<string, string>> = {
  A: 'A',
  ADDRESS: 'ADRESSE',
  B: 'B',
  CODE: 'CODE',
  CURSOR: 'CURSEUR',
  DIR: 'DOSSIER',
  EMOJI: 'ÉMOJI',
  FILE: 'FICHIER',
  GROUP: 'GROUPE',
  HOST: 'HÔTE',
  HOW: 'COMMENT',
  ID: 'ID',
  KEY: 'CLÉ',
  LEVEL: 'NIVEAU',
  N: 'N',
  NAME: 'NOM',
  'NEW-NAME': 'NOUVEAU-NOM',
  NUMBER: 'NUMÉRO',
  OPTIONS: 'CHOIX',
  OUT: 'SORTIE',
  PATH: 'CHEMIN',
  PHONE: 'TÉLÉPHONE',
  PORT: 'PORT',
  QUESTION: 'QUESTION',
  S: 'S',
  SCORE: 'SCORE',
  SECONDS: 'SECONDES',
  SEQ: 'SEQ',
  SHA256: 'SHA256',
  SHELL: 'SHELL',
  SIZE: 'TAILLE',
  SRC: 'SOURCE',
  TEXT: 'TEXTE',
  USER: 'UTILISATEUR',
  USERS: 'UTILISATEURS',
  UUID: 'UUID',
  WHAT: 'QUOI',
  WHO: 'QUI',
  WITH: 'AVEC',
  WXH: 'LXH',
};

/** A name of the table as help shows it: `phoneOrUser` is `PHONE|USER`, in French `TÉLÉPHONE|UTILISATEUR`. */
export function placeholder(name: string, lang: Lang): string {
  const upper = name
    .replace(/Or([A-Z])/g, '|$1')
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toUpperCase();
  return lang === 'en' ? upper : upper.replace(/[A-Z][A-Z0-9-]*/g, (word) => placeholdersFr[word] ?? word);
}
