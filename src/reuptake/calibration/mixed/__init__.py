"""What a group of people has in common and by how much its members differ, from all their measurements at once.

    φᵢ = θ·exp(ηᵢ),  ηᵢ ~ N(0, Ω),  yᵢⱼ = f(φᵢ, tᵢⱼ) + εᵢⱼ

The likelihood of θ, Ω and the size of ε has the unseen ηᵢ integrated out, by Laplace's approximation about the
likeliest ηᵢ of each subject.
"""
