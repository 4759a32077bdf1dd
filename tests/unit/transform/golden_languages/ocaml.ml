open Core
module M = Map.Make (String)
(** Says t. *)
type t = { a : int; mutable b : M.t list } and u = A | B of int * t
exception E of string
let x = 1
(** Says f. *)
let rec f ?(l = 2) ~k y = match y with A when k > 1 && l > 2 -> g k | B (n, _) -> h.a <- n; M.add x y | _ -> raise (E "s")
and g = fun z -> let v = z + 1 in v
let (p, q) = x
module type S = sig val d : int -> t  type w end
module N (X : S) : S with type w = int = struct let d = X.d include X end
class c i = object (self) inherit k  val mutable z = i method m a = self#n a; z <- 1 method private pr = new d end
external ex : int -> int = "c_ex"
let () = if x then f 1 |> ignore else while true do () done
let h = function None -> 1 | Some j -> j.M.a
let ( >>= ) a b = try a b with Not_found as e -> e
let r = { a = 1; b = [] } let s = fun { a; _ } -> (a : int)
type 'a v = 'a option
type pv = [ `A | `B ]
let%test "x" = assert true
