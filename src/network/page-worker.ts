// The script of a worker that has a network, and of that network's threads.

import { networkMethods, serve } from './page-home.ts';

serve(networkMethods);
