// Makes known what few recipes say.

import { rare } from './rare.ts';
import { checkRare } from './rare-check.ts';
import { rareChecks } from './rare-checks.ts';
import { rareLearnings } from './rare-learnings.ts';

rare.learnings = rareLearnings;
rareChecks.check = checkRare;
