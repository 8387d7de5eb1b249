// What somebody went to by a key, and that therefore gets the focus once it is there: the next key is meant for it.
class Attention {
  map = $state(false);
}

export const attention = new Attention();
