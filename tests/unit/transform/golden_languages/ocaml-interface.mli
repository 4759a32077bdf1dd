open Core
type t
val f : ?l:int -> t -> int
(** Says f. *)

val x : int
module M : sig val y : t end
exception E of string
