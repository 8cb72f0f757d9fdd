// Copyright the Islet authors. AGPL-3.0-or-later.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App.js';
import { load, pick } from './i18n/Language.js';
import './app.css';

const root = createRoot(document.querySelector('#app')!);
// Nobody sees another language first.
void load(pick(navigator.languages)).then(() =>
  root.render(
    <StrictMode>
      <App />
    </StrictMode>,
  ),
);
