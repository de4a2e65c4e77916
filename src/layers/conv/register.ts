// Makes convolutions known, where they are wanted: pages do without them, and their kernels.

import { layerForms } from '../forms.ts';
import type { LayerForm, LayerKind, LayerWords } from '../kind.ts';
import { layerKinds } from '../kinds.ts';
import { layerWords } from '../words.ts';
import { convForm } from './form.ts';
import { conv } from './index.ts';
import { convWords } from './words.ts';

// A kind is asked of its own specifications and plans only, which their `kind` sees to.
layerForms.conv = convForm as unknown as LayerForm;
layerWords.conv = convWords as unknown as LayerWords;
layerKinds.conv = conv as unknown as LayerKind;
