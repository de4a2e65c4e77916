// Recipes as files of the format `forward-forward 1` have them: some twenty flat settings, of which each way of learning looked at
// its own.

/** Any of the settings may be missing, or something else: checkRecipe looks at what comes out. */
interface FirstEdition {
  readonly schedule?: {
    readonly kind: string;
    readonly readFrom?: number;
    readonly readTo?: number;
    readonly deviation?: number;
  };
  readonly between?: { readonly after: number };
  readonly optimizer?: { readonly rate: number };
  readonly readout?: { readonly rate: number };
  readonly readFrom: number;
  readonly [setting: string]: unknown;
}

/** The same recipe as it is said now. */
export function upgradeRecipe(recipe: FirstEdition): unknown {
  const { name, about, layers, shift, image, channelMeans, batch, epochs, hold } = recipe;
  return defined({
    name,
    about,
    layers,
    shift,
    image,
    channelMeans,
    learning: learningOf(recipe),
    batch,
    epochs,
    holdShare: hold,
  });
}

function learningOf(recipe: FirstEdition): unknown {
  const { schedule, negatives, labelStrength: strength, phases, optimizer, readout } = recipe;
  const between = recipe.between && { ...recipe.between, after: recipe.between.after - 1 };
  const byGoodness = {
    negatives,
    optimizer,
    readout: { ...readout, from: recipe.readFrom - 1 },
    frozen: recipe.fixed,
    groups: recipe.groups,
    goodness: recipe.goodness,
    objective: recipe.objective,
    peerNormalisation: recipe.peer === 0 ? undefined : recipe.peer,
  };
  switch (schedule?.kind) {
    case 'recurrent': {
      const { readFrom, readTo, ...rest } = schedule;
      const steps = { firstStep: readFrom, lastStep: readTo, labelStrength: strength };
      return defined({ ...rest, ...steps, ...byGoodness });
    }
    case 'backprop':
      return defined({ kind: 'backprop', optimizer, readout, between });
    case 'perturbation': {
      const { deviation } = schedule;
      const rates = { rate: optimizer?.rate, readout: { rate: readout?.rate } };
      return defined({ kind: 'perturbation', deviation, ...rates, between });
    }
    default: {
      const both = { ...byGoodness, phases, between };
      return strength === 0
        ? defined({ kind: 'unsupervised', ...both })
        : defined({ kind: 'contrast', label: { kind: 'first', strength }, ...both });
    }
  }
}

function defined(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
