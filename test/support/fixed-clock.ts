// Loaded before a program (`node --import`): its clock stands still, and its dice always fall the same way.
import { goldenNowMs } from './golden-time.js';

Date.now = () => goldenNowMs;
Math.random = () => 0.9;
