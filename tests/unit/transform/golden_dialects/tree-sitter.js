// Adds.
class Till extends Box {
  add(count) { return this.sum + count; }
}
function total(list) { if (list) return `${list.length} "a"`; }
