{-# LANGUAGE GADTs #-}
-- | The module.
module A.B (f, T(..)) where
import X.Y
import qualified Data.Map as M
import Q (a, B(..), (<+>)) 
import R hiding (z)

-- | Says T.
data T a = C { fa :: Int, fb :: a } | D Int deriving (Show, Eq)
newtype N = N { un :: T Int }
type S = M.Map Int T
-- | Says Cl.
class Ord a => Cl a where
  m :: a -> Int
  m _ = 1
instance Cl T where
  m (D x) = x
-- | Says f.
f :: Int -> T a -> Int
f 0 _ = 1
f n (C a b) | n > 1 && n < 2 = g a where g y = y + 1
f _ x = case x of { D q -> if q then 1 else M.foo q; _ -> bar $ x }
k = 5
x <+> y = x
main :: IO ()
main = do
  l <- getLine
  let v = read l
  print (\w -> w { fa = 1 })
pattern P x = D x
type family F a where F Int = Bool
data G where G1 :: Int -> G
foreign import ccall "sin" csin :: Double -> Double
