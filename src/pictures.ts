// forward-forward/pictures: images of what a page can draw, for own data.

export { imagesFrom, type PictureOptions } from './data/images/canvas-images.ts';
export type { Images, Size } from './data/images/images.ts';
export { InputError } from './errors.ts';
