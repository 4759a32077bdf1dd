#import <Foundation/Foundation.h>
#import "A.h"
@import B;
/// Says A.
@interface A : C <P>
@property (nonatomic, copy) NSString *x;
- (int)m:(int)a with:(NSString *)b;
+ (void)k;
@end
@protocol P <Q>
- (void)d;
@end
@implementation A
- (int)m:(int)a with:(NSString *)b { if (a > 1 && b) { return [self.x foo:a bar:[C new]]; } return 1; }
+ (void)k { @try { f(@"s"); } @catch (E *e) { @throw e; } for (id i in j) { } ^(int z) { return z; }; self.x = @[@1]; }
@end
@interface A (Cat)
@end
int top(void) { return 1; }
