// Copyright the Islet authors. AGPL-3.0-or-later.

export type Type =
  | 'egv'
  | 'calibration'
  | 'insulin'
  | 'carbs'
  | 'exercise'
  | 'alert'
  | 'device'
  | 'health'
  | 'note';

const words: { [type in Type]: string[] } = {
  egv: ['egv', 'glukosewert', 'vge', 'veg'],
  calibration: [
    'calibration',
    'kalibrierung',
    'étalonnage',
    'calibrage',
    'calibración',
    'calibrazione',
    'kalibratie',
    'kalibrering',
    'kalibracja',
  ],
  insulin: ['insulin', 'insuline', 'insulina', 'insuliini'],
  carbs: [
    'carbs',
    'kohlenhydrate',
    'glucides',
    'carbohidratos',
    'hidratos de carbono',
    'carboidrati',
    'koolhydraten',
    'kolhydrater',
    'kulhydrater',
    'karbohydrater',
    'węglowodany',
  ],
  exercise: [
    'exercise',
    'bewegung',
    'training',
    'sport',
    'exercice',
    'ejercicio',
    'esercizio',
    'esercizio fisico',
    'lichaamsbeweging',
    'träning',
    'motion',
    'trening',
  ],
  alert: ['alert', 'alarm', 'warnung', 'alerte', 'alerta', 'avviso', 'waarschuwing', 'varning'],
  device: ['device', 'gerät', 'appareil', 'dispositivo', 'apparaat', 'enhet'],
  health: [
    'health',
    'gesundheit',
    'santé',
    'salud',
    'salute',
    'gezondheid',
    'hälsa',
    'sundhed',
    'helse',
    'zdrowie',
  ],
  note: [
    'note',
    'notes',
    'notiz',
    'notizen',
    'nota',
    'notas',
    'remarque',
    'opmerking',
    'notitie',
    'anteckning',
  ],
};

const types = new Map(
  (Object.keys(words) as Type[]).flatMap((type) => words[type].map((word) => [word, type] as const)),
);

/** The type of an event by the word that the export has for it, in the languages that Clarity speaks; or undefined. */
export const typeOf = (word: string): Type | undefined => types.get(word.trim().toLowerCase());
