#pragma once

namespace vitrine {

/// A story in the manner of those that the model learned from, and none of them: written for this milestone.
inline constexpr const char* new_story =
    R"(Once upon a time, there was a small boy named Ben. Ben had a red kite. He loved his kite very much. Every day he took it to the hill behind the house.
One day, the wind was very strong. The kite went up and up, and the string slipped out of his hand. "Come back!" Ben cried. But the kite did not come back. It flew over the trees and was gone. Ben was sad and sat down on the grass.
A girl named Mia saw him. "Why are you sad?" she asked. "My kite flew away," said Ben. "Let's look for it together," she said. They walked down the hill and looked behind every bush.
Then Mia pointed at a big tree. "Look! There it is!" The kite was on a branch. Ben's dad came with a long ladder and got the kite down. It was not broken at all.
Ben was so happy. He gave Mia a big hug and said, "Thank you for helping me." They played with the kite until the sun went down. From that day on, Ben and Mia were best friends.)";

}  // namespace vitrine
