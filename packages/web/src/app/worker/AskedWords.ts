// Copyright the Islet authors. AGPL-3.0-or-later.
import * as KeyRequest from '@islet/client/KeyRequest';
import { IsletError } from '@islet/core/IsletError';

const plain = (words: string): string => words.toLowerCase().replace(/[^a-z]/g, '');

/** Reads a request whose words were heard from its person: the voice is the proof that it is theirs. Throws `WEB_OTHER_WORDS`. */
export function read(text: string, heard: string): KeyRequest.KeyRequest {
  const request = KeyRequest.read(text);
  if (plain(heard) !== plain(KeyRequest.words(request))) throw new OtherWordsError();
  return request;
}

export class OtherWordsError extends IsletError {
  override readonly name = 'OtherWordsError';
  constructor() {
    super(
      'WEB_OTHER_WORDS',
      'These are not the words of this request: it may be somebody else’s. Nothing was done. Call the person, and have them read their words again.',
    );
  }
}
