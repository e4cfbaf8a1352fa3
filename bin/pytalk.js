#!/usr/bin/env node
// In a checkout the modules as they were compiled; in the package, which has no sources, the few files made of them.
import { existsSync } from 'node:fs';

const isCheckout = existsSync(new URL('../tsconfig.json', import.meta.url));
await import(isCheckout ? '../dist/src/cli/main.js' : '../dist/bundle/main.js');
