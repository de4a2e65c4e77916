// The ways of learning that few recipes ask for, by kind. Empty until register.ts makes them known: in Node at once, in a page where a recipe
// asks for one.

import type { rareLearnings } from './rare-learnings.ts';

export const rare = { learnings: {} as typeof rareLearnings };
