// Makes the kinds of layers known that most networks do without: pages load them, and their kernels, only for networks that have some.

import { convForm } from './conv/form.ts';
import { conv } from './conv/index.ts';
import { layerForms } from './forms.ts';
import type { LayerForm, LayerKind } from './kind.ts';
import { layerKinds } from './kinds.ts';
import { localForm } from './local/form.ts';
import { local } from './local/index.ts';

// A kind is asked of its own specifications and plans only, which their `kind` sees to.
Object.assign(layerForms, { local: localForm, conv: convForm } as unknown as Record<string, LayerForm>);
Object.assign(layerKinds, { local, conv } as unknown as Record<string, LayerKind>);
