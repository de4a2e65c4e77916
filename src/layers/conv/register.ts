// Makes convolutions known where they are wanted: pages load them, and their kernels, only for networks that have some.

import { layerForms } from '../forms.ts';
import type { LayerForm, LayerKind } from '../kind.ts';
import { layerKinds } from '../kinds.ts';
import { convForm } from './form.ts';
import { conv } from './index.ts';

// A kind is asked of its own specifications and plans only, which their `kind` sees to.
layerForms.conv = convForm as unknown as LayerForm;
layerKinds.conv = conv as unknown as LayerKind;
